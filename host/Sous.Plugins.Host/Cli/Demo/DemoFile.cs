using System.Globalization;
using System.Security.Cryptography;

namespace Sous.Plugins.Host.Cli.Demo;

/// <summary>A file that was fetched through the host, and whether its bytes have the checksum that the service tells.</summary>
internal sealed record DemoFile(string Name, long Size, bool IsRight)
{
#pragma warning disable CA5351 // The service's own checksum; it protects nothing here.
    public static DemoFile Of(string name, string md5, byte[] content)
        => new(name, content.Length, Convert.ToHexString(MD5.HashData(content)).Equals(md5, StringComparison.OrdinalIgnoreCase));
#pragma warning restore CA5351

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{(IsRight ? "✓" : "✗")} {Name}: {Size:N0} bytes, MD5 {(IsRight ? "right" : "wrong")}");
}
