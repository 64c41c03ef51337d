using System.Security.Cryptography;

namespace Sous.Plugins.Host.Dashboard;

/// <summary>What the pages load, from the assembly. The address holds a hash, so that browsers keep it until it changes.</summary>
internal sealed record DashboardAssets(string Address, string Type, byte[] Content)
{
    public static readonly DashboardAssets Style = Read("style.css", "text/css; charset=utf-8");

    public static readonly DashboardAssets Script = Read("script.js", "text/javascript; charset=utf-8");

    public static void Map(RouteGroupBuilder pages)
    {
        foreach (var asset in new[] { Style, Script })
        {
            pages.MapGet(asset.Address, (HttpResponse response) =>
            {
                response.Headers.CacheControl = "public, max-age=31536000, immutable";
                return TypedResults.Bytes(asset.Content, asset.Type);
            }).AllowAnonymous();
        }
    }

    private static DashboardAssets Read(string name, string type)
    {
        using var stream = typeof(DashboardAssets).Assembly.GetManifestResourceStream($"dashboard.{name}") ?? throw new InvalidOperationException($"The assembly lacks {name}.");
        var content = new byte[stream.Length];
        stream.ReadExactly(content);
        return new DashboardAssets($"/dashboard/{Convert.ToHexStringLower(SHA256.HashData(content))[..12]}/{name}", type, content);
    }
}
