package health

// numaflow: Numaplane tries a new version beside the old one and writes the verdict on it into a label.
// https://github.com/numaproj/numaplane
func numaflow(o object) (Health, bool) {
	if o.metadata.text("labels", "numaplane.numaproj.io/progressive-result-state") == "failed" {
		return Health{State: Degraded, Reason: "its progressive upgrade failed"}, true
	}
	return decisive(o)
}
