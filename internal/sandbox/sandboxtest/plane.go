package sandboxtest

import (
	"context"
	"os"
	"path/filepath"
	"sync"
	"time"

	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
	"sigs.k8s.io/controller-runtime/pkg/envtest"

	"github.com/fairlead-dev/fairlead/internal/sandbox"
)

// plane is a running control plane.
type plane struct {
	config     *rest.Config
	kubeconfig string // path
	hasNodes   bool
	stop       func() error
}

// shared is the one of this test process: starting one costs seconds and half a gigabyte.
var shared lazyPlane

// lazyPlane starts a control plane when it is first asked for.
type lazyPlane struct {
	once  sync.Once
	plane *plane
	err   error
}

func (l *lazyPlane) get() (*plane, error) {
	l.once.Do(func() {
		if os.Getenv("KUBEBUILDER_ASSETS") != "" {
			l.plane, l.err = startEnvtest()
		} else {
			l.plane, l.err = startSandbox()
		}
	})
	return l.plane, l.err
}

// stop stops what has been started. Should it fail, the sandbox still ends with this process.
func (l *lazyPlane) stop() {
	if l.plane != nil {
		_ = l.plane.stop()
	}
}

func startSandbox() (*plane, error) {
	ctx, cancel := context.WithTimeout(context.Background(), startTimeout)
	defer cancel()
	s, err := sandbox.Start(ctx, sandbox.Options{})
	if err != nil {
		return nil, err
	}
	stop := func() error {
		ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
		defer cancel()
		return s.Stop(ctx)
	}
	config, err := clientcmd.BuildConfigFromFlags("", s.Kubeconfig())
	if err != nil {
		_ = stop()
		return nil, err
	}
	return &plane{config: unthrottled(config), kubeconfig: s.Kubeconfig(), hasNodes: true, stop: stop}, nil
}

func startEnvtest() (*plane, error) {
	environment := &envtest.Environment{}
	config, err := environment.Start()
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "fairlead-envtest-")
	if err != nil {
		_ = environment.Stop()
		return nil, err
	}
	stop := func() error {
		_ = os.RemoveAll(dir)
		return environment.Stop()
	}
	kubeconfig := filepath.Join(dir, "kubeconfig")
	if err := os.WriteFile(kubeconfig, environment.KubeConfig, 0o600); err != nil {
		_ = stop()
		return nil, err
	}
	return &plane{config: unthrottled(config), kubeconfig: kubeconfig, stop: stop}, nil
}

// unthrottled lets the API server be the only brake.
func unthrottled(config *rest.Config) *rest.Config {
	config.QPS = -1
	return config
}
