package practice

// Profile is a set of severities and parameters that goes by a name: where a team begins.
type Profile struct {
	Name, About string
	// Severities by practice, where they differ from the practices' own; 0 switches one off.
	Severities map[string]Severity
	Parameters map[string]map[string]any
}

// Profiles lists them, the mildest first.
var Profiles = []Profile{starter, {Name: "recommended", About: "every practice, as severe as it says itself"}, strict}

// starter is what every team can hold within days: what breaks a delivery, loses data or gives a secret away, is found
// where it is mended, and needs no other image and nobody else's consent. The rest is off, each for one of these reasons.
var starter = Profile{
	Name: "starter", About: "what breaks a delivery, loses data or gives a secret away, and can be mended in the manifest at once",
	Severities: map[string]Severity{
		// The image or the program has to change.
		"trusted-base-image": 0, "small-image": 0, "multi-stage-build": 0, "run-as-non-root": 0, "read-only-root-filesystem": 0,
		"one-process-per-container": 0, "crash-cleanly": 0, "log-to-stdout": 0, "no-bootstrap-sidecar": 0,
		// It is a matter of conventions that have to be agreed on.
		"change-recorded": 0, "descriptive-labels": 0, "namespaced": 0, "use-helm-charts": 0,
		// It costs machines or money, or is about the network around the cluster.
		"survives-disruption": 0, "ingress-over-load-balancer": 0, "node-port-aware": 0, "static-address": 0, "external-service-mapped": 0,
		// It is a project of its own: rights, networks, the shape of the system.
		"tolerates-dependency-failure": 0, "not-too-micro": 0, "least-privilege-rbac": 0, "network-isolated": 0,
		// Delivery has to go through git first.
		"in-git": 0, "matches-git": 0, "delivered-by-pipeline": 0, "recoverable": 0,
	},
	Parameters: map[string]map[string]any{"drop-privileges": {"level": "baseline"}},
}

// strict is for what must not fail or be broken into: what keeps an attacker in or a service up is an error.
var strict = Profile{
	Name: "strict", About: "what keeps an attacker in or a service up is an error, and every image has a digest",
	Severities: map[string]Severity{
		"trusted-base-image": Error, "read-only-root-filesystem": Error, "drop-privileges": Error, "crash-cleanly": Error,
		"probes-set": Error, "resources-set": Error, "survives-disruption": Error, "node-port-aware": Error,
		"namespaced": Error, "least-privilege-rbac": Error, "network-isolated": Error,
		"in-git": Error, "matches-git": Error, "delivered-by-pipeline": Error, "stateless-containers": Error, "recoverable": Error,
		"tolerates-dependency-failure": Warning,
	},
	Parameters: map[string]map[string]any{"trusted-base-image": {"require-digest": true}, "image-pinned": {"require-digest": true}},
}
