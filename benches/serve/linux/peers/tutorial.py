"""The tutorial's server, with three changes: it listens on a free port and prints its address to standard error; it sets
SO_REUSEADDR; and it writes its output line by line, as at a terminal, though standard output is discarded here."""

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
