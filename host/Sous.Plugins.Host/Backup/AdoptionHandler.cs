using Sous.Plugins.Sdk;

namespace Sous.Plugins.Host.Backup;

/// <summary>Stands before everything that goes out to a service, and before the token that it would carry: a copy that waits to be adopted reaches none.</summary>
internal sealed class AdoptionHandler(Adoption adoption) : DelegatingHandler
{
    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        => await adoption.FindWaitingAsync(cancellationToken) is { } waiting
            ? throw new DriverException(FailureKind.Misconfigured, $"{Adoption.Code}: {Adoption.Explain(waiting)}")
            : await base.SendAsync(request, cancellationToken);
}
