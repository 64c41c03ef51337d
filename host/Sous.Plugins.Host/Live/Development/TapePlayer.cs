using System.Collections.Concurrent;
using Sous.Plugins.Sdk;

namespace Sous.Plugins.Host.Live.Development;

/// <summary>Answers one session with what was recorded; nothing gets out to the network.</summary>
internal sealed class TapePlayer(ServiceTape tape) : DelegatingHandler
{
    private readonly ConcurrentDictionary<string, int> _times = new(StringComparer.Ordinal);

    /// <summary>The first request that was not recorded, without its query; null where all were.</summary>
    public string? Missed { get; private set; }

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var key = await ServiceTape.KeyOfAsync(request, cancellationToken);
        if (tape.Find(key, _times.AddOrUpdate(key, 0, static (_, time) => time + 1)) is { } answer)
        {
            return answer.To(request);
        }

        Missed ??= $"{request.Method} {request.RequestUri?.AbsolutePath}";
        throw new DriverException(FailureKind.Transient, $"{Missed} was not recorded.");
    }
}
