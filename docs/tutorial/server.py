"""The tutorial's server: one recv, two prints, one sendall. An argument replaces port 9000."""

import socketserver
import sys


class Handler(socketserver.BaseRequestHandler):
    def handle(self):
        self.data = self.request.recv(1024).strip()
        print(f"Recebido de {self.client_address[0]}:")
        print(self.data.decode())
        self.request.sendall(self.data.upper())


port = int(sys.argv[1]) if len(sys.argv) > 1 else 9000
with socketserver.TCPServer(("127.0.0.1", port), Handler) as server:
    print("port", server.server_address[1], flush=True)
    server.serve_forever()
