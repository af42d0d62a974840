package health

// gameServer: OpenKruiseGame copies the status of the server's pod and keeps currentState, which is what the players were
// told. A server called Ready whose pod is not has fallen over.
// https://github.com/openkruise/kruise-game/blob/master/apis/v1alpha1/gameserver_types.go
func gameServer(o object) (Health, bool) {
	if o.status.text("currentState") != "Ready" {
		return Health{}, false
	}
	for _, c := range o.status.sub("podStatus").conditions() {
		if (c.name == "Ready" || c.name == "KruisePodReady") && c.isFalse() {
			h := c.health(Degraded)
			h.Reason = "its pod: " + h.Reason
			return h, true
		}
	}
	return Health{}, false
}
