package health

// minioTenant: currentState is a sentence. What is neither Initialized nor an error is a stage on the way.
// https://github.com/minio/operator/blob/master/pkg/controller/status.go
func minioTenant(o object) (Health, bool) {
	state := o.status.text("currentState")
	if verdict, known := phrase(state); state == "" || known && verdict != Unknown {
		return Health{}, false
	}
	return Health{State: Progressing, Reason: "currentState is " + plain(state)}, true
}
