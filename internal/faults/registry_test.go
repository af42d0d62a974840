package faults

import (
	"net/http"
	"strings"
	"testing"
	"time"
)

const (
	signIn     = "<html>sign in</html>"
	unknownTag = `{"errors":[{"code":"MANIFEST_UNKNOWN","message":"no such tag"}]}`
	helmIndex  = "/index.yaml"
)

func toTag(r Request) bool       { return strings.HasSuffix(r.Path, "/manifests/main") }
func toManifests(r Request) bool { return strings.Contains(r.Path, "/manifests/") }
func toManifest(r Request) bool  { return strings.Contains(r.Path, "/manifests/sha256:") }
func toBlob(r Request) bool      { return strings.Contains(r.Path, "/blobs/") }
func toArchive(r Request) bool   { return strings.HasSuffix(r.Path, ".tgz") }

// A new version is published while what passes between the controller and the registry, or Helm repository, breaks.
func TestRegistry(t *testing.T) {
	type broken struct {
		goods goods
		fault Fault
		says  []string // that the Synced condition, FetchFailed, tells; the fault is lifted once it does
		short bool     // in the short form, too
	}
	for name, c := range map[string]broken{
		"500":                             {goods: artifact, fault: Fault{Match: All, Effect: Answer(http.StatusInternalServerError, "out of order")}, says: []string{"the server does not answer: 500", "the server is in trouble"}, short: true},
		"500 for 4 s":                     {goods: registryChart, fault: Fault{Match: All, For: 4 * time.Second, Effect: Answer(http.StatusInternalServerError, "out of order")}},
		"429 with Retry-After":            {goods: artifact, fault: Fault{Match: All, Effect: Answer(http.StatusTooManyRequests, "slow down", "Retry-After", "1")}, says: []string{"429", "raise the interval"}},
		"the login is refused":            {goods: artifact, fault: Fault{Match: All, Effect: Answer(http.StatusUnauthorized, "who are you?", "WWW-Authenticate", `Basic realm="registry"`)}, says: []string{"login"}},
		"a 401 that asks for nothing":     {goods: artifact, fault: Fault{Match: All, Effect: Answer(http.StatusUnauthorized, "")}, says: []string{"login"}},
		"reading is forbidden":            {goods: registryChart, fault: Fault{Match: All, Effect: Answer(http.StatusForbidden, "not you")}, says: []string{"login"}},
		"the tag vanishes":                {goods: artifact, fault: Fault{Match: toTag, Effect: Answer(http.StatusNotFound, unknownTag)}, says: []string{"tag main: not in the repository", "push it again"}},
		"the repository vanishes":         {goods: registryChart, fault: Fault{Match: All, Effect: Answer(http.StatusNotFound, "no such page")}, says: []string{"no repository of artifacts there", "check the address"}},
		"a sign-in page in its place":     {goods: artifact, fault: Fault{Match: All, Effect: Answer(http.StatusOK, signIn, "Content-Type", "text/html")}, says: []string{"a sign-in page may stand before the server"}},
		"the list of tags is rubbish":     {goods: registryChart, fault: Fault{Match: To("/tags/list"), Effect: Answer(http.StatusOK, `{"tags":`)}, says: []string{"fetch"}},
		"manifests are rubbish":           {goods: artifact, fault: Fault{Match: toManifests, Effect: Answer(http.StatusOK, `{"layers":"none"}`)}, says: []string{"it is no manifest", "a sign-in page may stand before the server"}},
		"the manifest is spoiled":         {goods: registryChart, fault: Fault{Match: toManifest, Effect: Spoil(60)}, says: []string{"manifest sha256:", "has another digest than it says", "push it again"}},
		"the manifest is truncated":       {goods: artifact, fault: Fault{Match: toManifest, Effect: Truncate(60)}, says: []string{"has another digest than it says"}},
		"a sign-in page for a layer":      {goods: artifact, fault: Fault{Match: toBlob, Effect: Answer(http.StatusOK, signIn)}, says: []string{"has another digest than it says"}},
		"the layer is truncated":          {goods: artifact, fault: Fault{Match: toBlob, Effect: Truncate(60)}, says: []string{"fetch"}, short: true},
		"the layer is cut":                {goods: registryChart, fault: Fault{Match: toBlob, Effect: Cut(60)}, says: []string{"fetch"}},
		"three layers are cut":            {goods: artifact, fault: Fault{Match: toBlob, Times: 3, Effect: Cut(60)}},
		"the layer has another digest":    {goods: artifact, fault: Fault{Match: toBlob, Effect: Spoil(60)}, says: []string{"what the server sends has another digest than it says", "push it again"}},
		"the layer is gone":               {goods: registryChart, fault: Fault{Match: toBlob, Effect: Answer(http.StatusNotFound, `{"errors":[{"code":"BLOB_UNKNOWN","message":"no such blob"}]}`)}, says: []string{"layer sha256:", "not in the repository", "push it again"}},
		"no answer for 4 s, then a cut":   {goods: artifact, fault: Fault{Match: All, For: 4 * time.Second, Effect: Hold()}},
		"16 bytes every 50 ms, for 4 s":   {goods: registryChart, fault: Fault{Match: All, For: 4 * time.Second, Effect: Drip(16, 50*time.Millisecond)}},
		"index: 500":                      {goods: repositoryChart, fault: Fault{Match: All, Effect: Answer(http.StatusInternalServerError, "out of order")}, says: []string{"the server does not answer: 500", "the server is in trouble"}},
		"index: 429 with Retry-After":     {goods: repositoryChart, fault: Fault{Match: All, Effect: Answer(http.StatusTooManyRequests, "slow down", "Retry-After", "1")}, says: []string{"429", "raise the interval"}},
		"index: the login is refused":     {goods: repositoryChart, fault: Fault{Match: All, Effect: Answer(http.StatusUnauthorized, "who are you?")}, says: []string{"login"}},
		"index: it vanishes":              {goods: repositoryChart, fault: Fault{Match: To(helmIndex), Effect: Answer(http.StatusNotFound, "no such page")}, says: []string{"no Helm repository there", "check the address"}},
		"index: it is rubbish":            {goods: repositoryChart, fault: Fault{Match: To(helmIndex), Effect: Answer(http.StatusOK, "entries: [\x00", "ETag", `"rubbish"`)}, says: []string{"its index.yaml cannot be used", "see that the address"}, short: true},
		"index: a sign-in page":           {goods: repositoryChart, fault: Fault{Match: All, Effect: Answer(http.StatusOK, signIn, "Content-Type", "text/html")}, says: []string{"its index.yaml cannot be used: it is no list of charts", "not of a page about it"}},
		"index: it is cut":                {goods: repositoryChart, fault: Fault{Match: To(helmIndex), Effect: Cut(60)}, says: []string{"the server does not answer"}},
		"index: it is empty":              {goods: repositoryChart, fault: Fault{Match: To(helmIndex), Effect: Truncate(0)}, says: []string{"its index.yaml cannot be used"}},
		"index: no answer for 4 s":        {goods: repositoryChart, fault: Fault{Match: All, For: 4 * time.Second, Effect: Hold()}},
		"archive: it is gone":             {goods: repositoryChart, fault: Fault{Match: toArchive, Effect: Answer(http.StatusNotFound, "no such page")}, says: []string{"its archive: ", "take another version"}},
		"archive: it is truncated":        {goods: repositoryChart, fault: Fault{Match: toArchive, Effect: Truncate(60)}, says: []string{"the index says sha256:"}},
		"archive: it is cut":              {goods: repositoryChart, fault: Fault{Match: toArchive, Effect: Cut(60)}, says: []string{"the server does not answer"}},
		"archive: it has another digest":  {goods: repositoryChart, fault: Fault{Match: toArchive, Effect: Spoil(60)}, says: []string{"the index says sha256:", "ask the repository's owner"}},
		"archive: a sign-in page":         {goods: repositoryChart, fault: Fault{Match: toArchive, Effect: Answer(http.StatusOK, signIn)}, says: []string{"the index says sha256:"}},
		"archive: 503 to the first three": {goods: repositoryChart, fault: Fault{Match: toArchive, Times: 3, Effect: Answer(http.StatusServiceUnavailable, "soon")}},
	} {
		t.Run(name, func(t *testing.T) {
			if !c.short && testing.Short() {
				t.Skip("not in the short form")
			}
			t.Parallel()
			d := newDepot(t, c.goods)
			d.open()
			c.fault.Name = name
			fault := d.proxy.Inject(c.fault)
			d.ship(update)
			if c.says != nil {
				d.says("shop", "FetchFailed", append(c.says, " → ")...)
				d.goesOn()
				fault.Lift()
			}
			d.recovers(c.goods.where, fault, "configmaps/d")
		})
	}
}

// A registry that goes away while an older version is delivered, misses one, and comes back with a newer one yet. In the
// meantime the controller is killed: the one that follows it knows nothing of what is delivered but what the cluster tells.
func TestRegistryAway(t *testing.T) {
	if testing.Short() {
		t.Skip("not in the short form")
	}
	for name, c := range map[string]struct {
		goods goods
		kill  bool
	}{
		"artifact":                              {goods: artifact},
		"chart of a registry":                   {goods: registryChart},
		"chart of a Helm repository":            {goods: repositoryChart},
		"artifact, and the controller restarts": {goods: artifact, kill: true},
		"chart, and the controller restarts":    {goods: repositoryChart, kill: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := newDepot(t, c.goods)
			d.open()
			fault := "connections are refused, and it comes back with a newer version"
			if c.kill {
				fault = "the same, and the controller is killed meanwhile"
			}
			row := d.row(c.goods.where, fault)
			row.struck = 1
			d.proxy.Down()
			d.says("shop", "FetchFailed", "the server does not answer", "see that the address and port are right")
			if c.kill {
				d.process.restart()
			}
			d.ship(files{"shop/a.yaml": configMap("a", "missed")})
			d.goesOn()
			d.says("shop", "FetchFailed", "the server does not answer", "see that the address and port are right")
			missed := len(d.pushed) - 2 // before what goesOn has pushed
			d.ship(update)
			d.pushed = append(d.pushed[:missed:missed], d.pushed[missed+1:]...)
			d.pushed[missed].tree["shop/a.yaml"] = first["shop/a.yaml"] // as nobody has seen what was missed
			if err := d.proxy.Up(); err != nil {
				t.Fatal(err)
			}
			row.since(time.Now(), d.holds(both, "configmaps/d"))
		})
	}
}
