package repository

import "strings"

// Registry is where all images come from, and what their names begin with. Nothing pulls them: the sandbox simulates its nodes.
const Registry = "registry.example.com/acme/"

// form is how an application is written down.
type form string

const (
	plain     form = "plain manifests"
	kustomize form = "Kustomize"
	helm      form = "Helm chart"
)

// application is one directory below apps/ and one namespace.
type application struct {
	Name     string
	Form     form
	Does     string
	Services []service
}

// service is one Deployment and what belongs to it.
type service struct {
	Name     string
	Does     string
	Version  string
	Replicas int      // 1 is a worker that must run only once; it serves nobody and has no Service
	Sidecar  *sidecar // nil for most
	Host     string   // below acme.example, set when the internet may call it
	Calls    []string // the services it calls, as NAME, or NAME.NAMESPACE in another application
	Subchart bool     // Helm only: a chart of its own inside the application's chart
}

// sidecar is a second container that several services have.
type sidecar struct {
	Name    string
	Does    string
	Version string
	Port    int
}

// deployment is a service at its place.
type deployment struct {
	App string
	service
}

// setting is one line of a service's configuration.
type setting struct{ Key, Value string }

// Deployments returns the application's services, in the catalogue's order.
func (a application) Deployments() []deployment {
	var all []deployment
	for _, s := range a.Services {
		all = append(all, deployment{a.Name, s})
	}
	return all
}

// Subchart returns the service that has a chart of its own, or nil.
func (a application) Subchart() *deployment {
	for _, d := range a.Deployments() {
		if d.Subchart {
			return &d
		}
	}
	return nil
}

// Repository returns the image without its tag.
func (s service) Repository() string { return Registry + s.Name }

// Repository returns the image without its tag.
func (s *sidecar) Repository() string { return Registry + s.Name }

// Part is the name below the application's, where the two share a beginning: query of metrics-query.
func (d deployment) Part() string { return strings.TrimPrefix(d.Name, d.App+"-") }

// Worker says whether the service must run only once.
func (s service) Worker() bool { return s.Replicas == 1 }

// Component is the part the service plays, as app.kubernetes.io/component.
func (s service) Component() string {
	switch {
	case s.Worker():
		return "worker"
	case s.Host != "":
		return "public"
	}
	return "internal"
}

// Settings returns the service's configuration, in the order it is written.
func (d deployment) Settings() []setting {
	settings := []setting{{"LOG_LEVEL", "info"}, {"LOG_FORMAT", "json"}}
	if d.Sidecar == databaseProxy {
		settings = append(settings, setting{"DATABASE_ADDRESS", "127.0.0.1:5432"},
			setting{"DATABASE_INSTANCE", "acme-production/" + d.App})
	}
	if len(d.Calls) > 0 {
		settings = append(settings, setting{"CALL_TIMEOUT", "2s"}, setting{"CALL_RETRIES", "2"})
	}
	for _, callee := range d.Calls {
		name, namespace, elsewhere := strings.Cut(callee, ".")
		if !elsewhere {
			namespace = d.App
		}
		key := strings.ToUpper(strings.ReplaceAll(name, "-", "_")) + "_URL"
		settings = append(settings, setting{key, "http://" + name + "." + namespace})
	}
	return settings
}

var (
	exporter      = &sidecar{Name: "exporter", Does: "turns the service's counters into metrics", Version: "0.9.4", Port: 9102}
	databaseProxy = &sidecar{Name: "database-proxy", Does: "signs in to the database as the service account, so that no password is anywhere", Version: "2.3.1", Port: 9801}

	sidecars = []*sidecar{databaseProxy, exporter}
)

// catalogue is the product: a platform that watches other people's software.
var catalogue = []application{
	{Name: "auth", Form: plain, Does: "who somebody is", Services: []service{
		{Name: "login", Does: "signs people in", Version: "1.4.2", Replicas: 2, Host: "login", Calls: []string{"sessions", "second-factor", "single-sign-on", "accounts.users"}},
		{Name: "sessions", Does: "remembers who is signed in", Version: "1.7.0", Replicas: 2, Sidecar: databaseProxy, Calls: []string{"tokens"}},
		{Name: "tokens", Does: "issues and checks access tokens", Version: "2.1.3", Replicas: 2},
		{Name: "single-sign-on", Does: "talks to the customers' identity providers", Version: "1.2.8", Replicas: 2, Host: "sso", Calls: []string{"tokens"}},
		{Name: "second-factor", Does: "asks for the second proof", Version: "1.1.0", Replicas: 2},
		{Name: "key-rotation", Does: "renews the keys that sign tokens", Version: "0.6.1", Replicas: 1, Calls: []string{"tokens"}},
	}},
	{Name: "users", Form: plain, Does: "people, teams and what they may do", Services: []service{
		{Name: "accounts", Does: "keeps people and organisations", Version: "3.0.4", Replicas: 2, Sidecar: databaseProxy, Calls: []string{"permissions"}},
		{Name: "teams", Does: "keeps who works with whom", Version: "1.9.1", Replicas: 2, Calls: []string{"accounts"}},
		{Name: "permissions", Does: "answers whether somebody may do something", Version: "2.4.0", Replicas: 3},
		{Name: "invitations", Does: "brings new people in", Version: "1.3.5", Replicas: 2, Calls: []string{"accounts", "dispatch.notifications"}},
		{Name: "avatars", Does: "scales and serves pictures", Version: "1.0.9", Replicas: 2},
		{Name: "directory-sync", Does: "follows the customers' staff lists", Version: "0.8.2", Replicas: 1, Calls: []string{"accounts", "teams"}},
	}},
	{Name: "frontend", Form: plain, Does: "what people see first", Services: []service{
		{Name: "web", Does: "serves the web application", Version: "5.12.0", Replicas: 3, Host: "app", Calls: []string{"api-gateway", "assets", "feature-flags"}},
		{Name: "api-gateway", Does: "takes every call from outside to its service", Version: "4.2.1", Replicas: 3, Host: "api", Calls: []string{"sessions.auth", "permissions.users", "metrics-query.metrics", "logs-query.logs", "traces-query.traces", "dashboards.explore", "releases.deploy", "subscriptions.billing"}},
		{Name: "assets", Does: "serves scripts, styles and pictures", Version: "5.12.0", Replicas: 2},
		{Name: "feature-flags", Does: "decides who sees what is new", Version: "1.5.3", Replicas: 2},
		{Name: "live-updates", Does: "pushes changes to open pages", Version: "2.0.7", Replicas: 2, Calls: []string{"sessions.auth"}},
		{Name: "help", Does: "serves the manual and its search", Version: "1.8.0", Replicas: 2},
	}},
	{Name: "notifications", Form: plain, Does: "news to people, by their channel", Services: []service{
		{Name: "dispatch", Does: "picks the channel of each message", Version: "2.2.0", Replicas: 2, Calls: []string{"email", "chat", "webhooks", "text-messages"}},
		{Name: "email", Does: "sends mail", Version: "1.6.4", Replicas: 2},
		{Name: "chat", Does: "posts to chat rooms", Version: "1.4.0", Replicas: 2},
		{Name: "webhooks", Does: "calls the customers' own addresses", Version: "1.9.2", Replicas: 2},
		{Name: "text-messages", Does: "sends short messages to phones", Version: "0.9.8", Replicas: 2},
		{Name: "weekly-digest", Does: "sums up the week for those who asked", Version: "0.4.3", Replicas: 1, Calls: []string{"dispatch", "accounts.users"}},
	}},
	{Name: "metrics", Form: kustomize, Does: "numbers over time", Services: []service{
		{Name: "metrics-gateway", Does: "takes the agents' samples in", Version: "2.8.1", Replicas: 2, Host: "metrics", Calls: []string{"tokens.auth", "metrics-distributor"}},
		{Name: "metrics-distributor", Does: "shares samples out by series", Version: "2.8.1", Replicas: 2, Calls: []string{"metrics-ingester"}},
		{Name: "metrics-ingester", Does: "collects samples into chunks", Version: "2.8.3", Replicas: 3, Sidecar: exporter},
		{Name: "metrics-query", Does: "answers questions over series", Version: "2.8.1", Replicas: 2, Calls: []string{"metrics-ingester"}},
		{Name: "metrics-rules", Does: "keeps computed series up to date", Version: "2.7.9", Replicas: 2, Calls: []string{"metrics-query"}},
		{Name: "metrics-compactor", Does: "merges old chunks", Version: "2.7.4", Replicas: 1},
	}},
	{Name: "logs", Form: kustomize, Does: "lines, searchable", Services: []service{
		{Name: "logs-gateway", Does: "takes the agents' lines in", Version: "1.5.0", Replicas: 2, Host: "logs", Calls: []string{"tokens.auth", "logs-distributor"}},
		{Name: "logs-distributor", Does: "shares lines out by stream", Version: "1.5.0", Replicas: 2, Calls: []string{"logs-ingester"}},
		{Name: "logs-ingester", Does: "collects lines into chunks", Version: "1.5.2", Replicas: 2, Sidecar: exporter},
		{Name: "logs-query", Does: "finds lines", Version: "1.5.1", Replicas: 2, Calls: []string{"logs-ingester"}},
		{Name: "logs-tail", Does: "follows streams as they come", Version: "1.4.6", Replicas: 2, Calls: []string{"logs-ingester"}},
		{Name: "logs-retention", Does: "deletes what is older than paid for", Version: "1.3.0", Replicas: 1, Calls: []string{"plans.billing"}},
	}},
	{Name: "traces", Form: kustomize, Does: "the way of one request", Services: []service{
		{Name: "traces-gateway", Does: "takes the agents' spans in", Version: "0.14.2", Replicas: 2, Host: "traces", Calls: []string{"tokens.auth", "traces-sampler"}},
		{Name: "traces-sampler", Does: "keeps the traces worth keeping", Version: "0.14.0", Replicas: 2, Calls: []string{"traces-ingester"}},
		{Name: "traces-ingester", Does: "collects spans into traces", Version: "0.14.3", Replicas: 2},
		{Name: "traces-query", Does: "finds traces", Version: "0.13.8", Replicas: 2, Calls: []string{"traces-ingester"}},
		{Name: "traces-graph", Does: "draws who calls whom", Version: "0.13.1", Replicas: 2, Calls: []string{"traces-query"}},
		{Name: "traces-retention", Does: "deletes what is older than paid for", Version: "0.12.5", Replicas: 1, Calls: []string{"plans.billing"}},
	}},
	{Name: "alerts", Form: kustomize, Does: "waking the right person", Services: []service{
		{Name: "alerts-rules", Does: "keeps the rules people wrote", Version: "1.10.0", Replicas: 2, Sidecar: databaseProxy},
		{Name: "alerts-evaluator", Does: "holds numbers against the rules", Version: "1.11.2", Replicas: 2, Calls: []string{"alerts-rules", "alerts-router", "metrics-query.metrics", "logs-query.logs"}},
		{Name: "alerts-router", Does: "groups alerts and finds whom they concern", Version: "1.10.4", Replicas: 2, Calls: []string{"alerts-silences", "alerts-on-call", "dispatch.notifications"}},
		{Name: "alerts-silences", Does: "keeps what not to wake anybody for", Version: "1.6.0", Replicas: 2},
		{Name: "alerts-on-call", Does: "knows whose turn it is", Version: "1.7.7", Replicas: 2, Calls: []string{"teams.users"}},
		{Name: "alerts-escalation", Does: "asks the next person after a silence", Version: "1.2.1", Replicas: 1, Calls: []string{"alerts-on-call", "dispatch.notifications"}},
	}},
	{Name: "billing", Form: helm, Does: "what is owed", Services: []service{
		{Name: "plans", Does: "says what can be bought", Version: "1.3.1", Replicas: 2},
		{Name: "subscriptions", Does: "keeps what was bought", Version: "2.5.0", Replicas: 2, Sidecar: databaseProxy, Calls: []string{"plans", "accounts.users"}},
		{Name: "usage", Does: "counts samples, lines and spans", Version: "1.8.2", Replicas: 2, Calls: []string{"metrics-query.metrics"}},
		{Name: "invoices", Does: "writes invoices", Version: "2.0.1", Replicas: 2, Calls: []string{"subscriptions", "usage"}},
		{Name: "payments", Does: "collects the money", Version: "3.1.4", Replicas: 2, Host: "pay", Calls: []string{"invoices"}},
		{Name: "month-end", Does: "starts the invoices of a finished month", Version: "0.7.0", Replicas: 1, Calls: []string{"invoices", "payments"}, Subchart: true},
	}},
	{Name: "deploy", Form: helm, Does: "from a commit to what runs", Services: []service{
		{Name: "git-events", Does: "hears of new commits", Version: "1.1.6", Replicas: 2, Host: "hooks", Calls: []string{"releases"}},
		{Name: "releases", Does: "keeps what was released when, and why", Version: "2.3.0", Replicas: 2, Calls: []string{"rollouts", "policy-check"}},
		{Name: "rollouts", Does: "moves versions forward step by step", Version: "2.3.2", Replicas: 2, Calls: []string{"metrics-query.metrics", "dispatch.notifications"}},
		{Name: "policy-check", Does: "holds changes to the house rules", Version: "1.0.5", Replicas: 2},
		{Name: "image-index", Does: "knows which image has which version", Version: "1.4.8", Replicas: 2},
		{Name: "image-scanner", Does: "looks for new images", Version: "0.9.0", Replicas: 1, Calls: []string{"image-index", "releases"}},
	}},
	{Name: "explore", Form: helm, Does: "looking at it all", Services: []service{
		{Name: "dashboards", Does: "keeps and draws boards", Version: "4.0.2", Replicas: 2, Calls: []string{"metrics-query.metrics", "logs-query.logs"}},
		{Name: "topology", Does: "shows what runs where", Version: "3.3.0", Replicas: 2, Calls: []string{"traces-graph.traces"}},
		{Name: "search", Does: "finds anything by its name", Version: "1.2.4", Replicas: 2},
		{Name: "notebooks", Does: "keeps investigations", Version: "1.6.1", Replicas: 2, Calls: []string{"dashboards", "accounts.users"}},
		{Name: "snapshots", Does: "shares a board as it was", Version: "1.0.3", Replicas: 2, Host: "share", Calls: []string{"dashboards"}},
		{Name: "crawler", Does: "fills the search index", Version: "0.5.9", Replicas: 1, Calls: []string{"search", "topology"}},
	}},
	{Name: "integrations", Form: helm, Does: "other people's systems", Services: []service{
		{Name: "connectors", Does: "lists what can be connected", Version: "1.3.3", Replicas: 2},
		{Name: "agents", Does: "configures the agents in customers' clusters", Version: "2.6.0", Replicas: 2, Host: "agents", Calls: []string{"tokens.auth", "connectors"}},
		{Name: "partners", Does: "serves resellers", Version: "1.1.2", Replicas: 2, Host: "partners", Calls: []string{"accounts.users", "subscriptions.billing"}},
		{Name: "cloud-import", Does: "reads the cloud providers' own metrics", Version: "1.9.0", Replicas: 2, Calls: []string{"connectors", "metrics-distributor.metrics"}},
		{Name: "data-export", Does: "hands customers their data", Version: "1.0.8", Replicas: 2, Calls: []string{"metrics-query.metrics", "logs-query.logs"}},
		{Name: "import-schedule", Does: "says when to read which account", Version: "0.3.7", Replicas: 1, Calls: []string{"cloud-import"}},
	}},
}
