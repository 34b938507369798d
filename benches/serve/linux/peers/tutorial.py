"""The tutorial's server. Not the tutorial's: a free port, told on standard error; the port reused at once; and output
written line by line, as it is on a terminal, where this is read by none."""

import socketserver
import sys


class MyTCPHandler(socketserver.BaseRequestHandler):
    def handle(self):
        self.data = self.request.recv(1024).strip()
        print("Recebido de {}:".format(self.client_address[0]))
        print(self.data)
        self.request.sendall(self.data.upper())


if __name__ == "__main__":
    sys.stdout.reconfigure(line_buffering=True)
    socketserver.TCPServer.allow_reuse_address = True
    with socketserver.TCPServer(("127.0.0.1", 0), MyTCPHandler) as server:
        print("127.0.0.1:{}".format(server.server_address[1]), file=sys.stderr, flush=True)
        server.serve_forever()
