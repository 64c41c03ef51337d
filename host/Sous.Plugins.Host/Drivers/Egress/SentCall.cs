using System.Security.Cryptography;

namespace Sous.Plugins.Host.Drivers.Egress;

/// <summary>What makes two requests the same: method, address and body.</summary>
internal readonly record struct SentCall(string Method, Uri? Address, string Body)
{
    private const int LongestPath = 200;

    public static async ValueTask<SentCall> OfAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var body = "";
        if (request.Content is { } content)
        {
            await content.LoadIntoBufferAsync(RetryHandler.LargestBody, cancellationToken);
            body = Convert.ToHexString(SHA256.HashData(await content.ReadAsByteArrayAsync(cancellationToken)));
        }

        return new SentCall(request.Method.Method, request.RequestUri, body);
    }

    /// <summary>Method and path; what else an address holds is not for anybody's eyes.</summary>
    public override string ToString()
    {
        var path = Address is { IsAbsoluteUri: true } ? Address.AbsolutePath : "";
        return $"{Method} {(path.Length > LongestPath ? path[..LongestPath] + "…" : path)}";
    }
}
