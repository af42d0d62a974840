package demo

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/fairlead-dev/fairlead/deploy"
	"github.com/fairlead-dev/fairlead/internal/apply"
	"github.com/fairlead-dev/fairlead/internal/server/hook"
	"github.com/fairlead-dev/fairlead/manifest"
)

const application = `
apiVersion: v1
kind: Namespace
metadata: {name: %[1]s}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: fairlead-demo}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: cluster-admin}
subjects: [{apiGroup: rbac.authorization.k8s.io, kind: User, name: %[8]s}]
---
apiVersion: fairlead.dev/v1alpha1
kind: Application
metadata: {name: %[2]s, namespace: %[1]s}
spec:
  source:
    git: {url: %[3]q, ref: {branch: main}, path: apps/*}
  sync: {interval: 30s}
  automation:
%[7]s---
apiVersion: v1
kind: Secret
metadata: {name: chat, namespace: %[1]s}
stringData: {token: %[4]q}
---
apiVersion: fairlead.dev/v1alpha1
kind: Notifier
metadata: {name: chat, namespace: %[1]s}
spec:
  sink:
    slack: {url: "http://%[5]s/api", channel: %[6]s, secretRef: {name: chat}}
  filter: {severity: warning}
---
apiVersion: fairlead.dev/v1alpha1
kind: Notifier
metadata: {name: versions, namespace: %[1]s}
spec:
  sink:
    slack: {url: "http://%[5]s/api", channel: %[6]s, secretRef: {name: chat}}
  filter: {kinds: [Updated]}
`

// install puts the CRDs and the Application into the cluster, with the engine that delivers everything else.
func (d *Demo) install(ctx context.Context) error {
	set := manifest.Read("application.yaml", fmt.Appendf(nil, application, Namespace, Application, d.Repository, d.chatToken, d.chatAddress, chatChannel, d.rules(), Person))
	set.Merge(deploy.Kinds())
	plan, err := apply.NewPlan(ctx, d.client, set, apply.Target{})
	if err != nil {
		return fmt.Errorf("install Fairlead: %w", err)
	}
	if problems := plan.Problems(); len(problems) > 0 {
		return fmt.Errorf("install Fairlead: %w", problems[0])
	}
	for _, o := range apply.Run(ctx, d.client, plan, apply.Options{}) {
		if o.Err != nil {
			return fmt.Errorf("install Fairlead: %s: %w", o.ID, o.Err)
		}
	}
	return nil
}

// rules are those that move images.
func (d *Demo) rules() string {
	var b strings.Builder
	for _, image := range automated {
		fmt.Fprintf(&b, "  - {image: %q, policy: {semver: \">=0.1.0\"}, interval: 30s}\n", d.Image(image))
	}
	return b.String()
}

// tellController is what the webhook of a forge or registry does. If the controller doesn't answer, its own interval finds the push.
func (d *Demo) tellController(what hook.Generic) {
	if d.Listen == "" {
		return
	}
	body, err := json.Marshal(what)
	if err != nil {
		return
	}
	request, err := http.NewRequest(http.MethodPost, "http://"+d.Listen+"/hooks/push", bytes.NewReader(body))
	if err != nil {
		return
	}
	request.Header.Set(hook.SignatureHeader, hook.Sign(d.secret, body))
	client := &http.Client{Timeout: 2 * time.Second}
	response, err := client.Do(request)
	if err != nil {
		d.options.Note("the controller could not be told of the push; it looks again within 30 s")
		return
	}
	_ = response.Body.Close()
}
