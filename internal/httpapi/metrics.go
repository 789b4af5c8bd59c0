package httpapi

import (
	"context"
	"net/http"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/ai-session/ai-session/api"
)

// metered counts and times the operations of a Caller.
type metered struct {
	api.Caller
	took  *prometheus.HistogramVec
	open  *prometheus.GaugeVec
	bytes *prometheus.CounterVec
}

// meter wraps caller and registers what it measures.
func meter(caller api.Caller, r *prometheus.Registry) *metered {
	m := &metered{
		Caller: caller,
		took: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "ai_session_operation_seconds", Help: "How long operations took, by operation and error code (ok: none).",
			// An exec of true is well below a millisecond, a build minutes.
			Buckets: []float64{.0005, .001, .002, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30, 60, 300, 1800},
		}, []string{"operation", "code"}),
		open: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: "ai_session_open_streams", Help: "Streams and attached terminals open now, by operation.",
		}, []string{"operation"}),
		bytes: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "ai_session_sent_bytes_total", Help: "Output sent to readers and attached terminals, by operation.",
		}, []string{"operation"}),
	}
	r.MustRegister(m.took, m.open, m.bytes, &holdings{caller: caller}, collectors.NewGoCollector(),
		collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return m
}

func (m *metered) done(op api.Spec, began time.Time, err error) {
	code := "ok"
	if err != nil {
		code = string(api.CodeOf(err))
	}
	m.took.WithLabelValues(op.Name, code).Observe(time.Since(began).Seconds())
}

func (m *metered) Call(ctx context.Context, op api.Spec, req any) (any, error) {
	began := time.Now()
	res, err := m.Caller.Call(ctx, op, req)
	m.done(op, began, err)
	return res, err
}

func (m *metered) Stream(ctx context.Context, op api.Spec, req any, yield func(any) error) error {
	began := time.Now()
	open, bytes := m.open.WithLabelValues(op.Name), m.bytes.WithLabelValues(op.Name)
	open.Inc()
	defer open.Dec()
	err := m.Caller.Stream(ctx, op, req, func(item any) error {
		if c, ok := item.(*api.Chunk); ok {
			bytes.Add(float64(len(c.Data)))
		}
		return yield(item)
	})
	m.done(op, began, err)
	return err
}

func (m *metered) Open(ctx context.Context, op api.Spec, req any) (api.Conn, error) {
	began := time.Now()
	c, err := m.Caller.Open(ctx, op, req)
	m.done(op, began, err)
	if err != nil {
		return nil, err
	}
	open := m.open.WithLabelValues(op.Name)
	open.Inc()
	return &meteredConn{Conn: c, closed: open.Dec, bytes: m.bytes.WithLabelValues(op.Name)}, nil
}

type meteredConn struct {
	api.Conn
	once   sync.Once
	closed func()
	bytes  prometheus.Counter
}

func (c *meteredConn) Receive() (api.Frame, error) {
	f, err := c.Conn.Receive()
	c.bytes.Add(float64(len(f.Data)))
	return f, err
}

func (c *meteredConn) Close() error {
	c.once.Do(c.closed)
	return c.Conn.Close()
}

// holdings are what the daemon holds, asked when somebody looks.
type holdings struct{ caller api.Caller }

var (
	sessionsHeld = prometheus.NewDesc("ai_session_sessions", "Sessions by state.", []string{"state"}, nil)
	clientsHeld  = prometheus.NewDesc("ai_session_clients", "Attached terminals.", nil, nil)
	blocksHeld   = prometheus.NewDesc("ai_session_execs", "Commands in the sessions' histories.", nil, nil)
	journalHeld  = prometheus.NewDesc("ai_session_journal_bytes", "Output kept of the sessions in memory.", nil, nil)
	uptimeHeld   = prometheus.NewDesc("ai_session_uptime_seconds", "How long this daemon lives.", nil, nil)
	adoptionHeld = prometheus.NewDesc("ai_session_adoption_seconds", "How long this daemon took to take over the sessions of the one before.", nil, nil)
	degradedHeld = prometheus.NewDesc("ai_session_storage_degraded", "1 while writing to disk fails.", nil, nil)
)

func (h *holdings) Describe(c chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{sessionsHeld, clientsHeld, blocksHeld, journalHeld, uptimeHeld, adoptionHeld, degradedHeld} {
		c <- d
	}
}

func (h *holdings) Collect(c chan<- prometheus.Metric) {
	gauge := func(d *prometheus.Desc, v float64, labels ...string) {
		c <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, v, labels...)
	}
	ctx := context.Background()
	if list, err := api.List.Call(ctx, h.caller, &api.ListRequest{}); err == nil {
		states, clients, blocks := map[api.SessionState]int{}, 0, 0
		for _, s := range list.Sessions {
			states[s.State]++
			clients += s.Clients
			blocks += s.Blocks
		}
		for state, n := range states {
			gauge(sessionsHeld, float64(n), string(state))
		}
		gauge(clientsHeld, float64(clients))
		gauge(blocksHeld, float64(blocks))
	}
	st, err := api.DaemonStatus.Call(ctx, h.caller, &api.StatusRequest{})
	if err != nil {
		return
	}
	gauge(journalHeld, float64(st.Storage.JournalBytes))
	gauge(uptimeHeld, st.UptimeMS.Duration().Seconds())
	if st.Recovered != nil {
		gauge(adoptionHeld, st.Recovered.TookMS.Duration().Seconds())
	}
	degraded := 0.0
	if st.Storage.Degraded != "" {
		degraded = 1
	}
	gauge(degradedHeld, degraded)
}

func metricsHandler(r *prometheus.Registry) http.Handler {
	return promhttp.HandlerFor(r, promhttp.HandlerOpts{MaxRequestsInFlight: 2})
}
