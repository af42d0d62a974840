//go:build !linux

package supervisor

import (
	"fmt"
	"net"
)

// reservePort finds a free loopback port. Outside Linux nothing keeps it free until the server listens; should someone else
// take it in between, the server is restarted until it is free again.
func reservePort() (int, error) {
	listener, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		return 0, fmt.Errorf("reserve a port: %w", err)
	}
	defer listener.Close()
	return listener.Addr().(*net.TCPAddr).Port, nil
}
