package apply

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/fairlead-dev/fairlead/internal/sandbox/sandboxtest"
	"github.com/fairlead-dev/fairlead/manifest"
)

// as is the site as one of its service accounts.
func (s site) as(account string) site {
	s.Helper()
	client, err := s.client.As(s.namespace, account)
	if err != nil {
		s.Fatal(err)
	}
	s.client = client
	return s
}

const giveRights = " → give the identity that syncs the right to do it, or set destination.serviceAccountName to one that has it"

func TestWithoutRights(t *testing.T) {
	admin := newSite(t)
	admin.sync(`
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: reader}
rules:
- {apiGroups: [""], resources: [configmaps], verbs: [get]}
- {apiGroups: [rbac.authorization.k8s.io], resources: [roles], verbs: [get, create, patch]}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: reader}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: reader}
subjects: [{kind: ServiceAccount, name: reader}]
`)
	reader := admin.as("reader")
	sandboxtest.Eventually(t, "the rights are there", func() bool {
		return len(reader.plan("apiVersion: rbac.authorization.k8s.io/v1\nkind: Role\nmetadata: {name: none}\nrules: []\n").Problems()) == 0
	})
	for name, tt := range map[string]struct{ account, text, want string }{
		"that may not read": {"nobody", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n",
			`1: not allowed: configmaps "a" is forbidden: User "system:serviceaccount:NS:nobody" cannot get resource "configmaps" in API group "" in the namespace "NS"` + giveRights},
		"that may only read": {"reader", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n",
			`1: not allowed: configmaps "a" is forbidden: User "system:serviceaccount:NS:reader" cannot patch resource "configmaps" in API group "" in the namespace "NS"` + giveRights},
		"that may not reach beyond the namespace": {"reader", "apiVersion: v1\nkind: Namespace\nmetadata: {name: a}\n",
			`1: not allowed: namespaces "a" is forbidden: User "system:serviceaccount:NS:reader" cannot get resource "namespaces" in API group "" in the namespace "a"` + giveRights},
		"that may not grant what it doesn't have": {"reader", "apiVersion: rbac.authorization.k8s.io/v1\nkind: Role\nmetadata: {name: a}\nrules: [{apiGroups: ['*'], resources: ['*'], verbs: ['*']}]\n",
			`1: not allowed: roles.rbac.authorization.k8s.io "a" is forbidden: user "system:serviceaccount:NS:reader" (groups=["system:serviceaccounts" "system:serviceaccounts:NS" "system:authenticated"]) ` +
				"is attempting to grant RBAC permissions not currently held:\n" + `{APIGroups:["*"], Resources:["*"], Verbs:["*"]}` + giveRights},
	} {
		t.Run(name, func(t *testing.T) {
			s := admin.as(tt.account)
			s.T = t
			plan := s.plan(tt.text)
			if diff := cmp.Diff([]string{tt.want}, s.problems(plan.Problems())); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if plan.Changes[0].Action != ActionBlocked {
				t.Errorf("action is %s", plan.Changes[0].Action)
			}
		})
	}
}

func TestRightsLostBetweenPlanAndRun(t *testing.T) {
	admin := newSite(t)
	const rights = "apiVersion: rbac.authorization.k8s.io/v1\nkind: RoleBinding\nmetadata: {name: edit}\nroleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: edit}\n" +
		"subjects: [{kind: ServiceAccount, name: deployer}]\n"
	admin.sync(rights)
	s := admin.as("deployer")
	const text = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata: {x: x}\n"
	sandboxtest.Eventually(t, "the rights are there", func() bool { return len(s.plan(text).Problems()) == 0 })
	s.sync(text)
	plan := s.plan(strings.Replace(text, "x: x", "x: z", 1))
	pruned := s.plan("", s.owned("", PruneOptions{Enabled: true, Approved: true}, s.configMap("a")))

	admin.remove(manifest.ID{Group: "rbac.authorization.k8s.io", Kind: "RoleBinding", Namespace: s.namespace, Name: "edit"})
	sandboxtest.Eventually(t, "the rights are gone", func() bool { return len(s.plan(text).Problems()) > 0 })
	const want = `not allowed: configmaps "a" is forbidden: User "system:serviceaccount:NS:deployer" cannot `
	for name, tt := range map[string]struct {
		outcomes []Outcome
		want     string
	}{
		"sent":    {s.run(plan), "1: " + want + `patch resource "configmaps" in API group "" in the namespace "NS"` + giveRights},
		"deleted": {Prune(t.Context(), s.client, pruned, Options{}), "0: " + want + `delete resource "configmaps" in API group "" in the namespace "NS"` + giveRights},
	} {
		if len(tt.outcomes) != 1 {
			t.Errorf("%s: %d outcomes", name, len(tt.outcomes))
			continue
		}
		o := tt.outcomes[0]
		if diff := cmp.Diff([]string{tt.want}, s.problems([]manifest.Problem{{Origin: o.Origin, ID: o.ID, Err: o.Err}})); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

// TestAnInventoryThatMayNotBeRead holds the prunes back and says why, and leaves the rest of the plan alone.
func TestAnInventoryThatMayNotBeRead(t *testing.T) {
	s := newSite(t).as("nobody")
	plan := s.plan("", s.owned("", PruneOptions{Enabled: true, Approved: true}, s.configMap("a")))
	want := []string{`0: not allowed: configmaps "a" is forbidden: User "system:serviceaccount:NS:nobody" cannot get resource "configmaps" in API group "" in the namespace "NS"` + giveRights}
	if diff := cmp.Diff(want, s.problems(plan.Problems())); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestRefusedAtAdmission(t *testing.T) {
	s := newSite(t)
	const policy = `
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicy
metadata: {name: NS}
spec:
  matchConstraints:
    namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: NS}}
    resourceRules: [{apiGroups: [""], apiVersions: [v1], operations: [CREATE, UPDATE], resources: [configmaps, secrets]}]
  validations:
  - {expression: "object.metadata.name != 'plain'", message: "plain is not allowed here"}
  - {expression: "object.metadata.name != 'forbidden'", message: "nor is forbidden", reason: Forbidden}
  - {expression: "object.kind != 'Secret'", messageExpression: "'the value is ' + string(object.data.password)"}
---
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicyBinding
metadata: {name: NS}
spec: {policyName: NS, validationActions: [Deny]}
`
	s.sync(policy)
	t.Cleanup(func() {
		for _, kind := range []string{"ValidatingAdmissionPolicy", "ValidatingAdmissionPolicyBinding"} {
			s.remove(manifest.ID{Group: "admissionregistration.k8s.io", Kind: kind, Name: s.namespace})
		}
	})
	text := strings.Join([]string{
		"apiVersion: v1\nkind: ConfigMap\nmetadata: {name: plain}\n", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: forbidden}\n",
		secret("a", "stringData: {password: "+password+"}\n"), "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: fine}\n",
	}, "---\n")
	sandboxtest.Eventually(t, "the policy is in force", func() bool { return len(s.plan(text).Problems()) == 3 })

	const next = " → change the object as the message says, or the policy that refuses it"
	const refused = "refused at admission: ValidatingAdmissionPolicy 'NS' with binding 'NS' denied request: "
	plan := s.plan(text)
	want := []string{
		"1: " + refused + "plain is not allowed here" + next,
		"5: " + refused + "nor is forbidden" + next,
		"9: " + refused + "the value is ***" + next,
	}
	if diff := cmp.Diff(want, s.problems(plan.Problems())); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	mustHide(t, plan, nil, password, encoded)
	if diff := cmp.Diff([]string{"!create ConfigMap fine", "blocked ConfigMap forbidden", "blocked ConfigMap plain", "blocked Secret a"}, s.told(plan)); diff != "" {
		t.Errorf("plan (-want +got):\n%s", diff)
	}
}
