package graph

import (
	"github.com/fairlead-dev/fairlead/manifest"
)

// traefik are the routes of Traefik: IngressRoutes of HTTP, TCP and UDP, and TraefikServices that share requests out
// (https://doc.traefik.io/traefik/reference/routing-configuration/kubernetes/crd/http/ingressroute/).
func traefik(o *object) {
	id := o.ID()
	if id.Group != "traefik.io" && id.Group != "traefik.containo.us" {
		return
	}
	lead := func(fields map[string]any, by string, at manifest.Origin) {
		to := named(fields, manifest.ID{Kind: "Service", Namespace: id.Namespace})
		if to.Kind == "TraefikService" {
			to.Group = id.Group
		}
		if to.Name != "" {
			o.say(leading{to: to, by: by, origin: at})
		}
	}
	switch id.Kind {
	case "IngressRoute", "IngressRouteTCP", "IngressRouteUDP":
		at := o.Locate("spec", "routes")
		for _, route := range items(o.Get("spec", "routes")) {
			match, _ := route["match"].(string)
			for _, service := range items(route["services"]) {
				lead(service, match, at)
			}
			for _, fields := range items(route["middlewares"]) {
				o.say(referring{{to: named(fields, manifest.ID{Group: id.Group, Kind: "Middleware", Namespace: id.Namespace}), relation: RefersTo, by: "spec.routes.middlewares", origin: at}})
			}
		}
	case "TraefikService":
		at := o.Locate("spec")
		for _, service := range items(o.Get("spec", "weighted", "services")) {
			lead(service, "weighted", at)
		}
		if mirroring, isMap := o.Get("spec", "mirroring").(map[string]any); isMap {
			lead(mirroring, "mirroring", at)
			for _, service := range items(mirroring["mirrors"]) {
				lead(service, "mirroring", at)
			}
		}
	}
}
