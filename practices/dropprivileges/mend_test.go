package dropprivileges

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/fairlead-dev/fairlead/manifest"
	"github.com/fairlead-dev/fairlead/practice"
)

// A program loses what it can't need, and keeps what it may live on.
func TestWhatIsTakenAway(t *testing.T) {
	const escalation, capabilities, seccomp = "allowPrivilegeEscalation", "capabilities.drop", "seccompProfile"
	for name, test := range map[string]struct {
		of, container, meta, pod string
		want                     []string
	}{
		"a program that nothing is said of":            {container: `image: shop`, want: []string{escalation, seccomp}},
		"one that runs as another user":                {container: `image: shop, securityContext: {runAsUser: 10001}`, want: []string{escalation, capabilities, seccomp}},
		"one that mustn't be root":                     {container: `image: shop`, pod: `securityContext: {runAsNonRoot: true}`, want: []string{escalation, capabilities, seccomp}},
		"its own user wins":                            {container: `image: shop, securityContext: {runAsUser: 0}`, pod: `securityContext: {runAsUser: 10001}`, want: []string{escalation, seccomp}},
		"a port of root's, by its file's capability":   {container: `image: shop, securityContext: {runAsUser: 10001}, ports: [{containerPort: 80}]`, want: []string{seccomp}},
		"such a port, and the capability is kept":      {container: `image: shop, securityContext: {runAsUser: 10001, capabilities: {add: [NET_BIND_SERVICE]}}, ports: [{containerPort: 80}]`, want: []string{capabilities, seccomp}},
		"such a port of one of Docker's images":        {container: `image: "nginx:1.29"`, want: []string{escalation, seccomp}},
		"an entrypoint that hands over to a user":      {container: `image: db, securityContext: {capabilities: {drop: [all], add: [CHOWN, SETGID, SETUID]}}`, want: []string{escalation, capabilities, seccomp}},
		"a capability for one that isn't root":         {container: `image: ping, securityContext: {capabilities: {add: [NET_RAW]}}`, want: []string{seccomp}},
		"one that calls sudo":                          {container: `image: shop, command: [sh, -c, "sudo chown app /data; exec app"], securityContext: {runAsUser: 10001}`, want: []string{seccomp}},
		"one that may mount":                           {container: `image: csi, securityContext: {runAsUser: 0, capabilities: {add: [SYS_ADMIN]}}`, want: []string{seccomp}},
		"what is set on purpose":                       {container: `image: shop, securityContext: {runAsUser: 10001, allowPrivilegeEscalation: true, seccompProfile: {type: Unconfined}}`, want: []string{capabilities}},
		"a filter that an annotation asked for":        {container: `image: shop`, meta: `annotations: {seccomp.security.alpha.kubernetes.io/pod: runtime/default}`, want: []string{escalation, seccomp}},
		"another filter that an annotation asked for":  {container: `image: shop`, meta: `annotations: {seccomp.security.alpha.kubernetes.io/pod: localhost/audit.json}`, want: []string{escalation}},
		"a kind that may not know the fields":          {of: "apiVersion: serving.knative.dev/v1\nkind: Service", container: `image: shop`},
		"Argo's Rollout, which has all of Kubernetes'": {of: "apiVersion: argoproj.io/v1alpha1\nkind: Rollout", container: `image: shop`, want: []string{escalation, seccomp}},
	} {
		t.Run(name, func(t *testing.T) {
			if test.of == "" {
				test.of = "apiVersion: apps/v1\nkind: Deployment"
			}
			text := test.of + "\nmetadata: {name: shop}\nspec: {template: {metadata: {" + test.meta + "}, spec: {containers: [{name: shop, " + test.container + "}], " + test.pod + "}}}\n"
			set := manifest.Read("shop.yaml", []byte(text))
			if len(set.Problems) > 0 {
				t.Fatal(set.Problems)
			}
			var got []string
			for _, f := range practice.Judge(&practice.Scope{Objects: set.Objects}, []*practice.Practice{Practice}) {
				for _, e := range f.Edits {
					_, field, _ := strings.Cut(strings.Join(e.Path, "."), "securityContext.")
					got = append(got, field)
				}
			}
			slices.Sort(got)
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}
