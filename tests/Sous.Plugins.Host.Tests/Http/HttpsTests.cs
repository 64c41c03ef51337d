using System.Net;
using System.Net.Http.Json;
using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;
using Sous.Plugins.Host.Tests.Access;
using Sous.Plugins.Host.Tests.Storage;
using Sous.Plugins.Testing;

namespace Sous.Plugins.Host.Tests.Http;

/// <summary>SOUS_CertificateFile: https without a proxy.</summary>
public sealed class HttpsTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly FakeTimeProvider _clock = new(TimeProvider.System.GetUtcNow());
    private readonly X509Certificate2 _root = Authority("CN=Root", signer: null);

    private string CertificateFile => _folder.File("fullchain.pem");

    private string KeyFile => _folder.File("privkey.pem");

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_public_listener_speaks_https_with_the_certificates_in_between_and_takes_a_renewed_one_without_a_restart()
    {
        var address = $"https://localhost:{FreePort.Take()}";
        var first = Issue();
        await using var host = await RunningWorker.StartAsync(_clock, ("PublicListen", address), ("CertificateFile", CertificateFile), ("CertificateKeyFile", KeyFile));
        Assert.Equal(first, await SerialAsync(address));

        var second = Issue();
        Assert.Equal(first, await SerialAsync(address));
        _clock.Advance(TimeSpan.FromMinutes(1));
        Assert.Equal(second, await SerialAsync(address));

        // Half written: the one before goes on.
        await File.WriteAllTextAsync(CertificateFile, "-----BEGIN CERTIFICATE-----", Token);
        _clock.Advance(TimeSpan.FromMinutes(1));
        Assert.Equal(second, await SerialAsync(address));
    }

    [Theory]
    [InlineData(30, "ok", "ends")]
    [InlineData(13, "warning", "ends")]
    [InlineData(-1, "failed", "ended")]
    public async Task Doctor_says_for_how_long_the_certificate_is_good(int days, string state, string says)
    {
        Issue(days);
        await using var host = await RunningWorker.StartAsync(("PublicListen", $"https://localhost:{FreePort.Take()}"), ("CertificateFile", CertificateFile), ("CertificateKeyFile", KeyFile));

        var found = (await host.Admin.GetFromJsonAsync<JsonElement>("api/v1/doctor", Token)).GetProperty("items").EnumerateArray().Single(static one => one.GetProperty("check").GetString() == "certificate");

        Assert.Equal(state, found.GetProperty("state").GetString());
        Assert.Contains(says, found.GetProperty("says").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_https_address_without_a_certificate_and_a_certificate_with_another_key_are_refused_before_anything_is_written()
    {
        var address = $"https://localhost:{FreePort.Take()}";
        Assert.Contains("SOUS_PublicListen has an https address, which needs SOUS_CertificateFile", await RefusalAsync(("PublicListen", address)), StringComparison.Ordinal);

        Issue();
        using var other = RSA.Create(2048);
        await File.WriteAllTextAsync(KeyFile, other.ExportPkcs8PrivateKeyPem(), Token);
        var refusal = await RefusalAsync(("PublicListen", address), ("CertificateFile", CertificateFile), ("CertificateKeyFile", KeyFile));
        Assert.StartsWith($"SOUS_CertificateFile ({CertificateFile}) and SOUS_CertificateKeyFile ({KeyFile}) cannot be used: ", refusal, StringComparison.Ordinal);
        Assert.DoesNotContain("BEGIN", refusal, StringComparison.Ordinal);

        Assert.Contains("SOUS_CertificateKeyFile () cannot be used", await RefusalAsync(("PublicListen", address), ("CertificateFile", CertificateFile)), StringComparison.Ordinal);
    }

    public void Dispose()
    {
        _root.Dispose();
        _folder.Dispose();
    }

    private static async Task<string> RefusalAsync(params (string Key, string? Value)[] settings)
        => Assert.Single((await Assert.ThrowsAsync<OptionsValidationException>(() => RunningWorker.StartAsync(settings))).Failures);

    /// <summary>The serial number of what a client that knows the root alone is shown.</summary>
    private async Task<string> SerialAsync(string address)
    {
        var serial = "";
        using var handler = new SocketsHttpHandler
        {
            SslOptions = new SslClientAuthenticationOptions
            {
                CertificateChainPolicy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck, CustomTrustStore = { _root }, DisableCertificateDownloads = true },
                RemoteCertificateValidationCallback = (_, certificate, _, errors) =>
                {
                    serial = certificate!.GetSerialNumberString();
                    return errors == SslPolicyErrors.None;
                },
            },
        };
        using var client = new HttpClient(handler);
        Assert.Equal(HttpStatusCode.OK, (await client.GetAsync($"{address}/health/live", Token)).StatusCode);
        return serial;
    }

    /// <summary>Writes a new one, signed by a new authority in between.</summary>
    private string Issue(int days = 30)
    {
        using var between = Authority("CN=Between", _root);
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName("localhost");
        request.CertificateExtensions.Add(names.Build());
        var now = TimeProvider.System.GetUtcNow();
        using var leaf = request.Create(between, now.AddDays(-2), now.AddDays(days), RandomNumberGenerator.GetBytes(12));
        File.WriteAllText(CertificateFile, $"{leaf.ExportCertificatePem()}\n{between.ExportCertificatePem()}\n");
        File.WriteAllText(KeyFile, key.ExportPkcs8PrivateKeyPem());
        return leaf.SerialNumber;
    }

    private static X509Certificate2 Authority(string name, X509Certificate2? signer)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest(name, key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: true, hasPathLengthConstraint: false, 0, critical: true));
        var now = TimeProvider.System.GetUtcNow();
        if (signer is null)
        {
            return request.CreateSelfSigned(now.AddDays(-4), now.AddDays(60));
        }

        using var certificate = request.Create(signer, now.AddDays(-3), now.AddDays(40), RandomNumberGenerator.GetBytes(12));
        return certificate.CopyWithPrivateKey(key);
    }
}
