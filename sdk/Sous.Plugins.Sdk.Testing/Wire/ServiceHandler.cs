using Sous.Plugins.Sdk.Manifests;

namespace Sous.Plugins.Sdk.Testing.Wire;

/// <summary>
/// Stands where the host's handler does: refuses addresses that the manifest does not name, authorizes the rest, follows no
/// redirect, and lets a rule meddle on the way. It retries nothing, so that what goes wrong once is seen once.
/// </summary>
internal sealed class ServiceHandler(SampleService service, DriverManifest manifest, HttpMessageInvoker upstream, Interceptor? interceptor) : HttpMessageHandler
{
    private readonly HostGate _gate = new(service.Address, manifest);
    private readonly Lock _lock = new();
    private readonly List<SeenRequest> _seen = [];
    private readonly List<string> _refused = [];
    private int _open;

    /// <summary>All requests so far, in the order of their coming.</summary>
    public IReadOnlyList<SeenRequest> Seen => Copy(_seen);

    /// <summary>Addresses that a host would have refused.</summary>
    public IReadOnlyList<string> Refused => Copy(_refused);

    /// <summary>Requests that are under way, and answers that were neither read to their end nor let go.</summary>
    public int Open => Volatile.Read(ref _open);

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var uri = request.RequestUri ?? throw new DriverException(FailureKind.Defect, "The driver sent a request without an address.");
        Flow.Arrive(uri);
        // What the service does is not the driver's doing. Gone with this method: it is async.
        Flow.Set(null);
        var body = request.Content is null ? "" : await request.Content.ReadAsStringAsync(cancellationToken).ConfigureAwait(false);
        var seen = new SeenRequest(request.Method.Method, uri, body);
        var number = Note(seen);
        if (!_gate.Allows(uri))
        {
            lock (_lock)
            {
                _refused.Add(seen.ToString());
            }

            throw new DriverException(FailureKind.Defect, $"The driver called {uri.Scheme}://{uri.IdnHost}:{uri.Port}, which its manifest does not name.");
        }

        Authorize(request);
        Interlocked.Increment(ref _open);
        try
        {
            var exchange = new Exchange(number, seen, () => upstream.SendAsync(request, cancellationToken));
            var response = await (interceptor is null ? exchange.Send() : interceptor(exchange, cancellationToken)).ConfigureAwait(false);
            response.RequestMessage ??= request;
            response.Content = new TrackedContent(response.Content, () => Interlocked.Decrement(ref _open));
            return response;
        }
        catch
        {
            Interlocked.Decrement(ref _open);
            throw;
        }
        finally
        {
            // As in a host: the response leads back to its request, and the token is not the driver's to see.
            request.Headers.Remove(Header);
        }
    }

    private string Header => manifest.Authorization.KeyHeader ?? "Authorization";

    private void Authorize(HttpRequestMessage request)
    {
        request.Headers.Remove(Header);
        request.Headers.TryAddWithoutValidation(Header, $"{(manifest.Authorization.KeyHeader is null ? "Bearer " : "")}{service.AccessToken.Reveal()}");
    }

    private int Note(SeenRequest seen)
    {
        lock (_lock)
        {
            _seen.Add(seen);
            return _seen.Count - 1;
        }
    }

    private List<T> Copy<T>(List<T> list)
    {
        lock (_lock)
        {
            return [.. list];
        }
    }
}
