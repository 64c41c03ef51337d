using System.Collections.Concurrent;
using System.Net.Http.Headers;
using Sous.Plugins.Benchmarks.Backfill;

namespace Sous.Plugins.Benchmarks.Throughput;

/// <summary>Adds the access token, as the host's handler does, and notes each request so that it can be sent again.</summary>
internal sealed class NotingHandler(string token) : DelegatingHandler(new SocketsHttpHandler { UseProxy = false, AllowAutoRedirect = false })
{
    private readonly AuthenticationHeaderValue _authorization = new("Bearer", token);
    private ConcurrentQueue<ReplayedRequest> _requests = new();

    /// <summary>Whether requests are noted; what is replayed is not.</summary>
    public bool IsNoting { get; set; } = true;

    public IReadOnlyList<ReplayedRequest> Take() => [.. Interlocked.Exchange(ref _requests, new())];

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        request.Headers.Authorization = _authorization;
        if (IsNoting)
        {
            var body = request.Content is null ? "" : await request.Content.ReadAsStringAsync(cancellationToken);
            _requests.Enqueue(new ReplayedRequest(request.RequestUri?.AbsolutePath ?? "", request.RequestUri?.Query ?? "", body)
            {
                Headers = [.. request.Headers.Where(static header => header.Key is not ("Authorization" or "Host")).Select(static header => (header.Key, string.Join(", ", header.Value)))],
            });
        }

        return await base.SendAsync(request, cancellationToken);
    }
}
