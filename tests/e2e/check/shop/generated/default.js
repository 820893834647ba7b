exports.Client = class Client {
  constructor(url) {
    this.url = url;
  }
};
