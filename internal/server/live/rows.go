package live

// Row is one row of a table. It is never changed once it is published.
type Row interface {
	key() string
	// seenBy is what somebody sees of it: all, a copy without what they may not see, or nil.
	seenBy(v *sight) Row
}

// Workload is what runs: see docs/page-api.md for what its fields mean.
type Workload struct {
	ID        string   `json:"id"`
	Group     string   `json:"group"`
	Kind      string   `json:"kind"`
	Namespace string   `json:"namespace"`
	Name      string   `json:"name"`
	App       string   `json:"app"`
	Desired   int      `json:"desired"`
	Ready     int      `json:"ready"`
	Health    string   `json:"health"`
	Why       string   `json:"why"`
	Sync      string   `json:"sync"`
	Drift     int      `json:"drift"`
	Score     int      `json:"score"`
	Errors    int      `json:"errors"`
	Warnings  int      `json:"warnings"`
	Images    []string `json:"images"`
	Newer     string   `json:"newer"`
	Nodes     []string `json:"nodes"`
	Restarts  int      `json:"restarts"`
	Changed   int64    `json:"changed"`
	Created   int64    `json:"created"`
	Labels    []string `json:"labels"`

	declared bool // only its application tells of it: it wasn't seen in the cluster
}

// Application is what is delivered.
type Application struct {
	ID           string `json:"id"`
	Namespace    string `json:"namespace"`
	Name         string `json:"name"`
	Repo         string `json:"repo"`
	Ref          string `json:"ref"`
	Path         string `json:"path"`
	Revision     string `json:"revision"`
	Author       string `json:"author"`
	Subject      string `json:"subject"`
	Committed    int64  `json:"committed"`
	Synced       int64  `json:"synced"`
	Sync         string `json:"sync"`
	Ready        bool   `json:"ready"`
	Health       string `json:"health"`
	Message      string `json:"message"`
	Suspended    string `json:"suspended"`
	SuspendedBy  string `json:"suspendedBy"`
	Policy       string `json:"policy"`
	Gate         string `json:"gate"`
	Score        int    `json:"score"`
	Errors       int    `json:"errors"`
	Warnings     int    `json:"warnings"`
	Infos        int    `json:"infos"`
	Drift        int    `json:"drift"`
	Problems     int    `json:"problems"`
	Release      int64  `json:"release"`
	Refused      string `json:"refused"`
	PruneWaiting int    `json:"pruneWaiting"`
	Workloads    int    `json:"workloads"`
}

// Namespace of the cluster.
type Namespace struct {
	ID    string `json:"id"`
	Phase string `json:"phase"`
}

// Node of the cluster. Pods is -1 for who may not list all pods.
type Node struct {
	ID       string `json:"id"`
	Ready    bool   `json:"ready"`
	Why      string `json:"why"`
	Zone     string `json:"zone"`
	Pods     int    `json:"pods"`
	Capacity int    `json:"capacity"`
}

// Release is the record of one sync.
type Release struct {
	ID        string           `json:"id"`
	App       string           `json:"app"`
	Number    int64            `json:"number"`
	Revision  string           `json:"revision"`
	Previous  string           `json:"previous"`
	Author    string           `json:"author"`
	Subject   string           `json:"subject"`
	Committed int64            `json:"committed"`
	Cause     string           `json:"cause"`
	By        string           `json:"by"`
	Started   int64            `json:"started"`
	Finished  int64            `json:"finished"`
	Result    string           `json:"result"`
	Message   string           `json:"message"`
	Summary   string           `json:"summary"`
	Changes   int              `json:"changes"`
	Images    []string         `json:"images"`
	Durations map[string]int64 `json:"durations"`
	Errors    int              `json:"errors"`
	Warnings  int              `json:"warnings"`

	reason string // for the sync, as the Release says
}

// Drift is one object that is not, or was not lately, as the source has it.
type Drift struct {
	ID        string       `json:"id"`
	App       string       `json:"app"`
	Object    string       `json:"object"`
	Kind      string       `json:"kind"`
	Namespace string       `json:"namespace"`
	Name      string       `json:"name"`
	Change    string       `json:"change"`
	Cause     string       `json:"cause"`
	Who       string       `json:"who"`
	Manager   string       `json:"manager"`
	Since     int64        `json:"since"`
	Fields    []DriftField `json:"fields"`
	More      int          `json:"more"`
	Contested bool         `json:"contested"`
	Reverts   int          `json:"reverts"`
	Reverted  bool         `json:"reverted"`
	Next      string       `json:"next"`
}

// DriftField is one field of it; values of Secrets are masked where they are compared.
type DriftField struct {
	Path    string `json:"path"`
	Git     string `json:"git"`
	Live    string `json:"live"`
	Who     string `json:"who"`
	Manager string `json:"manager"`
	At      int64  `json:"at"`
	Where   string `json:"where"`
	Commit  string `json:"commit"`
	Author  string `json:"author"`
}

// Finding is one place that breaks a practice.
type Finding struct {
	ID        string `json:"id"`
	App       string `json:"app"`
	Practice  string `json:"practice"`
	Severity  string `json:"severity"`
	Category  string `json:"category"`
	Object    string `json:"object"`
	Namespace string `json:"namespace"`
	Name      string `json:"name"`
	Where     string `json:"where"`
	Field     string `json:"field"`
	Message   string `json:"message"`
	Fix       string `json:"fix"`
}

// Image is one that an application names or runs, or that a workload of no application runs.
type Image struct {
	ID        string   `json:"id"`
	App       string   `json:"app"`
	Image     string   `json:"image"`
	Current   string   `json:"current"`
	Newest    string   `json:"newest"`
	Policy    string   `json:"policy"`
	Why       string   `json:"why"`
	Held      string   `json:"held"`
	Where     string   `json:"where"`
	Checked   int64    `json:"checked"`
	Workloads []string `json:"workloads"`
	Pending   string   `json:"pending"`

	of *Workload // whose rights decide, when App is empty
}

// Source is a repository, or artifact, as the applications of one namespace follow it.
type Source struct {
	ID        string          `json:"id"`
	Namespace string          `json:"namespace"`
	Kind      string          `json:"kind"`
	URL       string          `json:"url"`
	Ref       string          `json:"ref"`
	Revision  string          `json:"revision"`
	Fetched   int64           `json:"fetched"`
	Failed    string          `json:"failed"`
	Apps      int             `json:"apps"`
	Problems  []SourceProblem `json:"problems"`
}

// SourceProblem is one thing wrong in a source.
type SourceProblem struct {
	Where   string `json:"where"`
	Object  string `json:"object"`
	Message string `json:"message"`
	Next    string `json:"next"`
}

// Notifier tells people.
type Notifier struct {
	ID        string `json:"id"`
	Namespace string `json:"namespace"`
	Name      string `json:"name"`
	Kind      string `json:"kind"`
	Ready     bool   `json:"ready"`
	Why       string `json:"why"`
}

// Check is a DriftCheck.
type Check struct {
	ID        string `json:"id"`
	Namespace string `json:"namespace"`
	Name      string `json:"name"`
	Ready     bool   `json:"ready"`
	Drifted   bool   `json:"drifted"`
	Why       string `json:"why"`
	Checked   int64  `json:"checked"`
}

// Edge is that one thing depends on another: workload ids, or "host NAME".
type Edge struct {
	ID       string  `json:"id"`
	From     string  `json:"from"`
	To       string  `json:"to"`
	Relation string  `json:"relation"`
	By       string  `json:"by"`
	Observed bool    `json:"observed"`
	Rate     float64 `json:"rate"`
}

func (r *Workload) key() string    { return r.ID }
func (r *Application) key() string { return r.ID }
func (r *Namespace) key() string   { return r.ID }
func (r *Node) key() string        { return r.ID }
func (r *Release) key() string     { return r.ID }
func (r *Drift) key() string       { return r.ID }
func (r *Finding) key() string     { return r.ID }
func (r *Image) key() string       { return r.ID }
func (r *Source) key() string      { return r.ID }
func (r *Notifier) key() string    { return r.ID }
func (r *Check) key() string       { return r.ID }
func (r *Edge) key() string        { return r.ID }

// tables is the whole list, with an empty row of each to tell its columns.
var tables = []struct {
	name string
	row  Row
}{
	{"workloads", &Workload{}},
	{"applications", &Application{}},
	{"namespaces", &Namespace{}},
	{"nodes", &Node{}},
	{"releases", &Release{}},
	{"drift", &Drift{}},
	{"findings", &Finding{}},
	{"images", &Image{}},
	{"sources", &Source{}},
	{"notifiers", &Notifier{}},
	{"checks", &Check{}},
	{"edges", &Edge{}},
}
