package main

import (
	"context"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"

	appsv1 "k8s.io/api/apps/v1"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
	"sigs.k8s.io/yaml"

	"github.com/fairlead-dev/fairlead/deploy"
	"github.com/fairlead-dev/fairlead/internal/apply"
	"github.com/fairlead-dev/fairlead/internal/cluster"
	"github.com/fairlead-dev/fairlead/internal/sandbox"
	"github.com/fairlead-dev/fairlead/manifest"
)

const plain, gated = "plain", "gated" // namespaces

const namespaces = `{apiVersion: v1, kind: Namespace, metadata: {name: fairlead}}
---
{apiVersion: v1, kind: Namespace, metadata: {name: plain}}
---
{apiVersion: v1, kind: Namespace, metadata: {name: gated, labels: {fairlead.dev/admission: enforce}}}
`

// world is a control plane and the controller, in a process of its own as in a cluster.
type world struct {
	dir        string
	box        *sandbox.Sandbox
	config     *rest.Config
	controller *exec.Cmd
	stdin      io.Closer
}

func newWorld(ctx context.Context, program string) (w *world, err error) {
	w = &world{}
	defer func() {
		if err != nil {
			w.stop(ctx)
		}
	}()
	if w.dir, err = os.MkdirTemp("", "fairlead-bench-"); err != nil {
		return nil, err
	}
	if w.box, err = sandbox.Start(ctx, sandbox.Options{}); err != nil {
		return nil, err
	}
	if w.config, err = clientcmd.BuildConfigFromFlags("", w.box.Kubeconfig()); err != nil {
		return nil, err
	}
	w.config.QPS = -1
	if err := w.install(ctx); err != nil {
		return nil, err
	}
	return w, w.startController(program)
}

// install puts the namespaces and Fairlead's kinds there.
func (w *world) install(ctx context.Context) error {
	client, err := cluster.NewClient(w.config)
	if err != nil {
		return err
	}
	set := manifest.Read("namespaces.yaml", []byte(namespaces))
	set.Merge(deploy.Kinds())
	plan, err := apply.NewPlan(ctx, client, set, apply.Target{})
	if err != nil {
		return err
	}
	for _, o := range apply.Run(ctx, client, plan, apply.Options{}) {
		if o.Err != nil {
			return o.Err
		}
	}
	return nil
}

func (w *world) startController(program string) (err error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	address := listener.Addr().String()
	_ = listener.Close()
	w.controller = exec.Command(program, "controller", "--kubeconfig", w.box.Kubeconfig(), "--listen", "127.0.0.1:0",
		"--mirrors", filepath.Join(w.dir, "mirrors"), "--until-stdin-closes",
		"--admission", "enforce", "--admission-listen", address, "--admission-url", "https://"+address)
	log, err := os.Create(filepath.Join(w.dir, "controller.log"))
	if err != nil {
		return err
	}
	defer log.Close()
	w.controller.Stderr = log
	if w.stdin, err = w.controller.StdinPipe(); err != nil {
		return err
	}
	if err := w.controller.Start(); err != nil {
		w.controller = nil
		return fmt.Errorf("start %s: %w", program, err)
	}
	return nil
}

func (w *world) stop(ctx context.Context) {
	if w.controller != nil {
		_ = w.stdin.Close()
		_ = w.controller.Wait()
	}
	if w.box != nil {
		_ = w.box.Stop(ctx)
	}
	_ = os.RemoveAll(w.dir)
}

// typical is a Deployment as well-kept repositories have them.
func typical() (*appsv1.Deployment, error) {
	d := &appsv1.Deployment{}
	return d, yaml.Unmarshal([]byte(`
metadata: {name: web, labels: {app.kubernetes.io/name: web, app.kubernetes.io/part-of: shop}}
spec:
  replicas: 3
  selector: {matchLabels: {app.kubernetes.io/name: web}}
  template:
    metadata: {labels: {app.kubernetes.io/name: web, app.kubernetes.io/part-of: shop}}
    spec:
      securityContext: {runAsNonRoot: true, runAsUser: 10001, seccompProfile: {type: RuntimeDefault}}
      topologySpreadConstraints:
      - {maxSkew: 1, topologyKey: kubernetes.io/hostname, whenUnsatisfiable: ScheduleAnyway, labelSelector: {matchLabels: {app.kubernetes.io/name: web}}}
      containers:
      - name: web
        image: registry.example/shop/web:1.4.2
        args: [--listen, ":8080"]
        env:
        - {name: LOG_LEVEL, value: info}
        - {name: CATALOGUE, value: http://catalogue}
        - {name: DATABASE_PASSWORD, valueFrom: {secretKeyRef: {name: database, key: password}}}
        ports: [{name: http, containerPort: 8080}]
        readinessProbe: {httpGet: {path: /ready, port: http}}
        livenessProbe: {httpGet: {path: /live, port: http}}
        resources: {requests: {cpu: 100m, memory: 128Mi}, limits: {memory: 128Mi}}
        securityContext: {allowPrivilegeEscalation: false, readOnlyRootFilesystem: true, capabilities: {drop: [ALL]}}
        volumeMounts: [{name: tmp, mountPath: /tmp}, {name: settings, mountPath: /etc/web}]
      - name: logs
        image: registry.example/platform/logs:2.0.1
        resources: {requests: {cpu: 10m, memory: 32Mi}, limits: {memory: 32Mi}}
        securityContext: {allowPrivilegeEscalation: false, readOnlyRootFilesystem: true, capabilities: {drop: [ALL]}}
      volumes:
      - {name: tmp, emptyDir: {}}
      - {name: settings, configMap: {name: web}}
`), d)
}
