package component

import (
	"context"
	"net/url"

	"go.etcd.io/etcd/client/pkg/v3/transport"
	"go.etcd.io/etcd/server/v3/embed"
	"go.etcd.io/etcd/server/v3/storage/wal"

	"github.com/fairlead-dev/fairlead/sandbox/internal/credentials"
	"github.com/fairlead-dev/fairlead/sandbox/internal/home"
)

// walSegment is the size in bytes of the log's files, two of which are laid out in advance; by default they take 128 MB.
const walSegment = 4 << 20

func runEtcd(ctx context.Context, dir home.Dir, state home.State) error {
	wal.SegmentSizeBytes = walSegment
	config, err := etcdConfig(dir, state)
	if err != nil {
		return err
	}
	etcd, err := embed.StartEtcd(config)
	if err != nil {
		return err
	}
	defer etcd.Close()
	select {
	case err := <-etcd.Err():
		return err
	case <-etcd.Server.StopNotify():
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func etcdConfig(dir home.Dir, state home.State) (*embed.Config, error) {
	client, err := url.Parse(loopbackURL(state.Ports.Etcd))
	if err != nil {
		return nil, err
	}
	config := embed.NewConfig()
	config.Name = "sandbox"
	config.Dir = dir.EtcdData()
	config.LogLevel = "warn"
	config.ListenClientUrls = []url.URL{*client}
	config.AdvertiseClientUrls = []url.URL{*client}
	config.ClientTLSInfo = transport.TLSInfo{
		CertFile:       dir.Certificate(credentials.EtcdServer),
		KeyFile:        dir.Key(credentials.EtcdServer),
		TrustedCAFile:  dir.Certificate(credentials.EtcdCA),
		ClientCertAuth: true,
	}
	// The only member has no peers to listen for; its peer URL is but a name.
	config.ListenPeerUrls = nil
	config.InitialCluster = config.InitialClusterFromName(config.Name)
	// A killed process loses nothing that it has written; only a crash of the machine would, and that ends the sandbox anyway.
	config.UnsafeNoFsync = true
	return config, nil
}
