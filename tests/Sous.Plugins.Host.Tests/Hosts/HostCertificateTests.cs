using Sous.Plugins.Host.Cluster.Silos;
using Sous.Plugins.Host.Credentials;

namespace Sous.Plugins.Host.Tests.Hosts;

/// <summary>By which hosts know each other.</summary>
public sealed class HostCertificateTests
{
    private static readonly DateTimeOffset s_now = new(2026, 3, 14, 12, 0, 0, TimeSpan.Zero);

    [Fact]
    public void Hosts_with_one_master_key_know_each_other_and_nobody_else()
    {
        using var one = HostCertificate.Make(Key(1), s_now);
        using var another = HostCertificate.Make(Key(1), s_now.AddYears(1));
        using var stranger = HostCertificate.Make(Key(2), s_now);

        Assert.True(HostCertificate.IsAlike(one, another));
        Assert.False(HostCertificate.IsAlike(one, stranger));
        Assert.False(HostCertificate.IsAlike(one, null));
        Assert.True(one.HasPrivateKey);
    }

    private static MasterKey Key(byte filled) => new(Enumerable.Repeat(filled, MasterKey.Size).ToArray(), MasterKeySource.Setting, "a test");
}
