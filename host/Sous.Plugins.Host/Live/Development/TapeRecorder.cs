namespace Sous.Plugins.Host.Live.Development;

/// <summary>Keeps what a service answers one session, as it comes to the driver: after retries and renewed tokens, and without what authorized it.</summary>
internal sealed class TapeRecorder : DelegatingHandler
{
    private readonly ServiceTape _tape;

    /// <param name="tape">Where the answers go.</param>
    /// <param name="authorization">Authorizes the requests; comes between this and the network.</param>
    public TapeRecorder(ServiceTape tape, DelegatingHandler authorization)
        : base(authorization) => _tape = tape;

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var key = await ServiceTape.KeyOfAsync(request, cancellationToken);
        using var response = await base.SendAsync(request, cancellationToken);
        return (await _tape.TakeAsync(key, response, cancellationToken)).To(request);
    }
}
