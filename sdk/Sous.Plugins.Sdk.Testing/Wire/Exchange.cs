namespace Sous.Plugins.Sdk.Testing.Wire;

/// <summary>A request on its way to the service.</summary>
/// <param name="Number">Counted from 0 within the session.</param>
/// <param name="Request">The request.</param>
/// <param name="Send">Sends it on; at most once.</param>
internal sealed record Exchange(int Number, SeenRequest Request, Func<Task<HttpResponseMessage>> Send);

/// <summary>Stands between driver and service.</summary>
internal delegate Task<HttpResponseMessage> Interceptor(Exchange exchange, CancellationToken cancellationToken);
