"""A Python server with one thread per connection: one message per connection as in the tutorial, or keep-alive lines."""

import socketserver
import sys


class OneMessage(socketserver.BaseRequestHandler):
    def handle(self):
        data = self.request.recv(1024).strip()
        print("Recebido de {}:".format(self.client_address[0]))
        print(data)
        self.request.sendall(data.upper())


class Lines(socketserver.StreamRequestHandler):
    disable_nagle_algorithm = True

    def handle(self):
        for line in self.rfile:
            self.wfile.write(line.strip().upper() + b"\n")


class Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True


if __name__ == "__main__":
    sys.stdout.reconfigure(line_buffering=True)
    handler = Lines if sys.argv[1] == "keep-alive" else OneMessage
    with Server(("127.0.0.1", 0), handler) as server:
        print("127.0.0.1:{}".format(server.server_address[1]), file=sys.stderr, flush=True)
        server.serve_forever()
