package graph

import "github.com/fairlead-dev/fairlead/manifest"

const rbacAPI = "rbac.authorization.k8s.io"

func isBinding(id manifest.ID) bool {
	return id.Group == rbacAPI && (id.Kind == "RoleBinding" || id.Kind == "ClusterRoleBinding")
}

// accounts hold roles, by bindings: one that is for accounts is a way and no node.
func accounts(o *object) {
	id := o.ID()
	if !isBinding(id) {
		return
	}
	role := manifest.ID{Group: rbacAPI, Kind: o.Text("roleRef", "kind"), Name: o.Text("roleRef", "name")}
	if role.Kind == "Role" {
		role.Namespace = id.Namespace
	}
	said := binding{role: role, origin: o.Locate("roleRef")}
	for _, subject := range items(o.Get("subjects")) {
		if to := named(subject, manifest.ID{Namespace: id.Namespace}); to.Kind == "ServiceAccount" && to.Name != "" {
			to.Group = ""
			said.accounts = append(said.accounts, to)
		}
	}
	if role.Kind != "" && role.Name != "" {
		o.facts.hidden = len(said.accounts) > 0
		o.say(said)
	}
}

// binding gives accounts a role. Roles that aren't there are often the cluster's own: view, edit.
type binding struct {
	accounts []manifest.ID
	role     manifest.ID
	origin   manifest.Origin
}

func (b binding) resolve(l *look) {
	if len(b.accounts) == 0 { // for people
		l.link(link{from: l.self(), to: l.node(b.role), relation: RefersTo, by: "roleRef", origin: b.origin})
	}
	for _, account := range b.accounts {
		l.link(link{from: l.node(account), to: l.node(b.role), relation: Holds, by: l.st.of.id.Kind + " " + l.st.of.id.Name, origin: b.origin})
	}
}
