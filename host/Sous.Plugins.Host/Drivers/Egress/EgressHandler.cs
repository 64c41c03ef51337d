using Sous.Plugins.Host.Drivers.Egress.Budgets;
using Sous.Plugins.Sdk;

namespace Sous.Plugins.Host.Drivers.Egress;

/// <summary>
/// Stands between a connection's requests and the network: checks where each goes and how large its answer is, and says whose it is. One for each
/// connection over one shared transport for each driver, which it therefore does not dispose of.
/// </summary>
internal sealed class EgressHandler(EgressPolicy policy, CallLane? lane) : DelegatingHandler
{
    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        policy.Check(request);
        if (lane is not null)
        {
            request.Options.Set(CallLane.Key, lane with { Path = policy.FindApiPath(request.RequestUri) });
        }

        try
        {
            var response = await base.SendAsync(request, cancellationToken);
            response.Content = BoundedContent.Bound(response.Content);
            return response;
        }
        catch (HttpRequestException e) when (e.InnerException is EgressRefusedException refused)
        {
            throw new DriverException(FailureKind.Misconfigured, refused.Message);
        }
    }

    /// <summary>The transport below is the driver's, not this connection's.</summary>
    protected override void Dispose(bool disposing) => base.Dispose(disposing: false);
}
