package graph

import "strings"

// linkerd are ServiceProfiles, which are named for the host they are for and may have others answer in its place
// (https://linkerd.io/2/reference/service-profiles/). Its routes are among gateways, its Servers among selections.
func linkerd(o *object) {
	if !o.isKind("linkerd.io", "ServiceProfile") {
		return
	}
	host, at := strings.ToLower(o.GetName()), o.Locate("spec")
	o.say(ruling{host: host, origin: at})
	said := diverting{root: host, origin: at}
	for _, override := range items(o.Get("spec", "dstOverrides")) {
		authority, _ := override["authority"].(string)
		host, _, _ := strings.Cut(authority, ":")
		said.to = append(said.to, strings.ToLower(host))
	}
	o.say(said)
}
