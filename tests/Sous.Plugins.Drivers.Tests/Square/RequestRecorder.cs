namespace Sous.Plugins.Drivers.Tests.Square;

/// <summary>Sends requests on to the network and remembers them.</summary>
internal sealed class RequestRecorder() : DelegatingHandler(new SocketsHttpHandler())
{
    private readonly Lock _gate = new();
    private readonly List<(string Call, string Host)> _seen = [];

    /// <summary>Awaited before each request is sent.</summary>
    public Func<HttpRequestMessage, CancellationToken, Task>? Before { get; set; }

    /// <summary>Method, path and query of each request so far.</summary>
    public IReadOnlyList<string> Calls
    {
        get
        {
            lock (_gate)
            {
                return [.. _seen.Select(request => request.Call)];
            }
        }
    }

    public IReadOnlyList<string> Hosts
    {
        get
        {
            lock (_gate)
            {
                return [.. _seen.Select(request => request.Host).Distinct()];
            }
        }
    }

    public void Clear()
    {
        lock (_gate)
        {
            _seen.Clear();
        }
    }

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            _seen.Add(($"{request.Method} {request.RequestUri!.PathAndQuery}", request.RequestUri.Authority));
        }

        if (Before is { } before)
        {
            await before(request, cancellationToken);
        }

        return await base.SendAsync(request, cancellationToken);
    }
}
