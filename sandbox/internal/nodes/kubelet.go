package nodes

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net"
	"net/http"
	"os"
	"strconv"
	"time"
)

// serveKubelet answers the API server in the name of all nodes until ctx is done, so that "kubectl logs" gets an explanation
// instead of a connection error. Only the API server's certificate opens it.
func serveKubelet(ctx context.Context, opts Options) error {
	authority, err := os.ReadFile(opts.ClientCA)
	if err != nil {
		return err
	}
	clients := x509.NewCertPool()
	clients.AppendCertsFromPEM(authority)
	server := &http.Server{
		Addr:              net.JoinHostPort("127.0.0.1", strconv.Itoa(opts.KubeletPort)),
		Handler:           kubeletHandler(),
		TLSConfig:         &tls.Config{ClientCAs: clients, ClientAuth: tls.RequireAndVerifyClientCert},
		ReadHeaderTimeout: 10 * time.Second,
	}
	context.AfterFunc(ctx, func() { server.Close() })
	return server.ListenAndServeTLS(opts.KubeletCertificate, opts.KubeletKey)
}

func kubeletHandler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /containerLogs/{namespace}/{pod}/{container}", func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintf(w, "container %s is simulated: the sandbox runs no images, so there are no logs\n", r.PathValue("container"))
	})
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		http.Error(w, "not possible here: the sandbox simulates its nodes and runs no containers", http.StatusNotImplemented)
	})
	return mux
}
