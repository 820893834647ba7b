module.exports = (routes) => (request, response) => {
  const status = (routes[request.url] || (() => 404))();
  response.writeHead(status);
  response.end();
};
