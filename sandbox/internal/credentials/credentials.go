// Package credentials makes the keys, certificates and kubeconfigs of one sandbox. They are new for each sandbox, lie in its
// directory alone and are readable by the user alone; nothing in the sandbox can be reached without one of them.
package credentials

import (
	"fmt"
	"net"
	"os"
	"time"

	"github.com/fairlead-dev/fairlead/sandbox/internal/home"
)

// Names of the key pairs, for home.Dir.Certificate and home.Dir.Key.
const (
	ClusterCA      = "ca"
	EtcdCA         = "etcd-ca"
	APIServer      = "apiserver"
	EtcdServer     = "etcd"
	EtcdClient     = "apiserver-etcd-client"
	Kubelet        = "kubelet"
	KubeletClient  = "apiserver-kubelet-client"
	ServiceAccount = "service-account"
)

// Names of the components that have a kubeconfig, for home.Dir.ComponentKubeconfig.
const (
	ControllerManager = "controller-manager"
	Scheduler         = "scheduler"
	Nodes             = "nodes"
)

// ServiceNetwork is where services get their addresses; ServerServiceIP, its first, is that of the service "kubernetes".
const (
	ServiceNetwork  = "10.96.0.0/16"
	ServerServiceIP = "10.96.0.1"
)

var (
	loopback = net.IPv4(127, 0, 0, 1)
	masters  = []string{"system:masters"}
)

// Write makes all credentials of the sandbox in dir; server is the URL of its API server.
func Write(dir home.Dir, server string, now time.Time) error {
	cluster, err := newAuthority("fairlead-sandbox", now)
	if err != nil {
		return fmt.Errorf("make the certificate authority: %w", err)
	}
	// etcd has an authority of its own: a certificate that the cluster signs must not open the database.
	etcd, err := newAuthority("fairlead-sandbox-etcd", now)
	if err != nil {
		return fmt.Errorf("make the certificate authority of etcd: %w", err)
	}
	serviceAccount, err := newAuthority("service-accounts", now) // only its key is used
	if err != nil {
		return fmt.Errorf("make the key of the service accounts: %w", err)
	}
	for name, pair := range map[string]*pair{ClusterCA: cluster, EtcdCA: etcd, ServiceAccount: serviceAccount} {
		if err := writePair(dir, name, pair); err != nil {
			return err
		}
	}
	if err := writeCertificates(dir, cluster, etcd); err != nil {
		return err
	}
	return writeKubeconfigs(dir, cluster, server)
}

func writeCertificates(dir home.Dir, cluster, etcd *pair) error {
	certificates := []struct {
		file      string
		authority *pair
		subject   subject
	}{
		{APIServer, cluster, subject{
			name: "kube-apiserver",
			hosts: []string{"localhost", "kubernetes", "kubernetes.default", "kubernetes.default.svc",
				"kubernetes.default.svc.cluster.local"},
			addresses: []net.IP{loopback, net.ParseIP(ServerServiceIP)},
		}},
		{Kubelet, cluster, subject{name: "kubelet", hosts: []string{"localhost"}, addresses: []net.IP{loopback}}},
		{KubeletClient, cluster, subject{name: "kube-apiserver-kubelet-client"}},
		{EtcdServer, etcd, subject{name: "etcd", hosts: []string{"localhost"}, addresses: []net.IP{loopback}}},
		{EtcdClient, etcd, subject{name: "kube-apiserver"}},
	}
	for _, c := range certificates {
		pair, err := c.authority.issue(c.subject)
		if err != nil {
			return fmt.Errorf("make the certificate of %s: %w", c.file, err)
		}
		if err := writePair(dir, c.file, pair); err != nil {
			return err
		}
	}
	return nil
}

func writePair(dir home.Dir, name string, pair *pair) error {
	key, err := pair.keyPEM()
	if err != nil {
		return err
	}
	if err := os.WriteFile(dir.Key(name), key, 0o600); err != nil {
		return err
	}
	return os.WriteFile(dir.Certificate(name), pair.certificatePEM(), 0o600)
}
