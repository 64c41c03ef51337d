using System.Text;

namespace Sous.Plugins.Benchmarks.Backfill;

/// <summary>One request of the driver, to be sent again as it was.</summary>
internal sealed record ReplayedRequest(string Path, string Query, string Body)
{
    public bool IsForSales => Path.StartsWith("/v2/orders", StringComparison.Ordinal)
        || Path.StartsWith("/v2/payments", StringComparison.Ordinal)
        || Path.StartsWith("/v2/refunds", StringComparison.Ordinal);

    public HttpRequestMessage ToMessage() => new(Body.Length == 0 ? HttpMethod.Get : HttpMethod.Post, new Uri(Path + Query, UriKind.Relative))
    {
        Content = Body.Length == 0 ? null : new StringContent(Body, Encoding.UTF8, "application/json"),
    };
}
