using System.Text;

namespace Sous.Plugins.Benchmarks.Backfill;

/// <summary>One request of the driver, to be sent again as it was.</summary>
internal sealed record ReplayedRequest(string Path, string Query, string Body)
{
    public bool IsForSales => Path.StartsWith("/v2/orders", StringComparison.Ordinal)
        || Path.StartsWith("/v2/payments", StringComparison.Ordinal)
        || Path.StartsWith("/v2/refunds", StringComparison.Ordinal);

    public IReadOnlyList<(string Name, string Value)> Headers { get; init; } = [];

    public HttpRequestMessage ToMessage()
    {
        var message = new HttpRequestMessage(Body.Length == 0 ? HttpMethod.Get : HttpMethod.Post, new Uri(Path + Query, UriKind.Relative))
        {
            Content = Body.Length == 0 ? null : new StringContent(Body, Encoding.UTF8, "application/json"),
        };
        foreach (var (name, value) in Headers)
        {
            message.Headers.TryAddWithoutValidation(name, value);
        }

        return message;
    }
}
