namespace Sous.Plugins.Sdk.Testing.Wire;

/// <summary>One fault, at a request or the first one after it that it fits.</summary>
internal sealed class FaultPlan(Fault fault, int place)
{
    private readonly Lock _gate = new();
    private readonly List<SeenRequest> _after = [];

    /// <summary>The request that it came to, or null.</summary>
    public SeenRequest? Hit { get; private set; }

    /// <summary>What the driver asked for afterwards.</summary>
    public IReadOnlyList<SeenRequest> After
    {
        get
        {
            lock (_gate)
            {
                return [.. _after];
            }
        }
    }

    public async Task<HttpResponseMessage> InterceptAsync(Exchange exchange, CancellationToken cancellationToken)
    {
        if (exchange.Number < place || !Take(exchange.Request))
        {
            return await exchange.Send().ConfigureAwait(false);
        }

        HttpResponseMessage? sent = null;
        if (await fault.Answer(SendAsync, cancellationToken).ConfigureAwait(false) is { } answer)
        {
            return answer;
        }

        lock (_gate)
        {
            Hit = null;
        }

        return sent ?? await exchange.Send().ConfigureAwait(false);

        async Task<HttpResponseMessage> SendAsync() => sent = await exchange.Send().ConfigureAwait(false);
    }

    private bool Take(SeenRequest request)
    {
        lock (_gate)
        {
            if (Hit is not null)
            {
                _after.Add(request);
                return false;
            }

            Hit = request;
            return true;
        }
    }
}
