using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Sous.Plugins.Host.Credentials;

namespace Sous.Plugins.Host.Cluster.Silos;

/// <summary>By which hosts know each other: its key is derived from the master key, so that whoever has that has it too, and nobody else.</summary>
internal static class HostCertificate
{
    private static readonly TimeSpan s_lifetime = TimeSpan.FromDays(3650);

    public static X509Certificate2 Make(MasterKey master, DateTimeOffset now)
    {
        using var key = MakeKey(master);
        return new CertificateRequest("CN=sous-plugins host", key, HashAlgorithmName.SHA256).CreateSelfSigned(now.AddDays(-1), now + s_lifetime);
    }

    /// <summary>Whether both have the same key. Names and dates say nothing.</summary>
    public static bool IsAlike(X509Certificate2 ours, X509Certificate2? theirs) => theirs is not null && ours.PublicKey.ExportSubjectPublicKeyInfo().AsSpan().SequenceEqual(theirs.PublicKey.ExportSubjectPublicKeyInfo());

    private static ECDsa MakeKey(MasterKey master)
    {
        Span<byte> secret = stackalloc byte[MasterKey.Size];
        for (byte attempt = 0; ; attempt++)
        {
            master.Derive(secret, [attempt], "Sous.Hosts.v1"u8);
            try
            {
                return ECDsa.Create(new ECParameters { Curve = ECCurve.NamedCurves.nistP256, D = secret.ToArray() });
            }
            catch (CryptographicException) when (attempt < byte.MaxValue)
            {
                // One in four thousand million is no number of the curve: the next.
            }
        }
    }
}
