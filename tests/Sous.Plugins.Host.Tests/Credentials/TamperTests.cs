using System.Globalization;
using System.Security.Cryptography;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.WebUtilities;
using Sous.Plugins.Host.Connections;
using Sous.Plugins.Host.Credentials;
using Secret = Sous.Plugins.Sdk.Secret;

namespace Sous.Plugins.Host.Tests.Credentials;

/// <summary>Invariant 8: of twenty rows of four tenants, whatever bit is altered and whatever is moved, nothing decrypts.</summary>
public sealed class TamperTests
{
    private const int Rows = 20;
    private const int Tenants = 4;
    private const string Field = "api_key";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Every_flipped_bit_and_every_cut_of_every_row_is_refused()
    {
        await using var vault = await Vault.StartAsync();
        var protector = vault.Get<CredentialProtector>();
        var refused = 0;
        foreach (var row in await SaveAsync(vault))
        {
            var field = new CredentialField(row.Tenant, row.Connection, Field);
            var bytes = CiphertextOf(row);
            for (var bit = 0; bit < bytes.Length * 8; bit++, refused++)
            {
                bytes[bit / 8] ^= (byte)(1 << (bit % 8));
                await RefusedAsync(field, "1." + WebEncoders.Base64UrlEncode(bytes));
                bytes[bit / 8] ^= (byte)(1 << (bit % 8));
            }

            for (var length = 0; length < row.Protected[Field].Length; length++)
            {
                await RefusedAsync(field, row.Protected[Field][..length]);
            }

            Assert.Equal($"SOUSCANARY-{row.Connection}", (await protector.UnprotectAsync(field, 1, row.Protected[Field], Token)).Reveal());
        }

        Assert.InRange(refused, Rows * 900, int.MaxValue);

        async Task RefusedAsync(CredentialField field, string stored)
        {
            var refusal = await Assert.ThrowsAsync<CredentialException>(async () => await protector.UnprotectAsync(field, 1, stored, Token));
            Assert.DoesNotContain("SOUSCANARY", refusal.ToString(), StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("2")]
    [InlineData("0")]
    [InlineData("")]
    [InlineData("-1")]
    [InlineData("99999999999999999999")]
    public async Task A_ciphertext_that_names_another_data_key_is_refused(string number)
    {
        await using var vault = await Vault.StartAsync();
        var row = (await SaveAsync(vault))[0];
        await RefusedAsync(vault, row with { Protected = Only($"{number}.{row.Protected[Field].Split('.')[1]}") });
        await RefusedAsync(vault, row with { Protected = Only(row.Protected[Field].Split('.')[1]) });
    }

    [Fact]
    public async Task Every_row_in_the_place_of_every_other_is_refused()
    {
        await using var vault = await Vault.StartAsync();
        var rows = await SaveAsync(vault);
        foreach (var mine in rows)
        {
            foreach (var other in rows.Where(other => other != mine))
            {
                // The ciphertext alone, then with all that it was bound to but one.
                await RefusedAsync(vault, mine with { Protected = other.Protected });
                await RefusedAsync(vault, other with { Connection = mine.Connection });
            }

            await RefusedAsync(vault, mine with { Tenant = new TenantId(mine.Tenant.Value == "tenant-0" ? "tenant-1" : "tenant-0") });
            await RefusedAsync(vault, mine with { Version = 2 });
            await RefusedAsync(vault, mine with { Protected = new Dictionary<string, string> { ["access_token"] = mine.Protected[Field] } });
        }
    }

    [Fact]
    public async Task Each_of_the_two_layers_binds_a_field_to_its_place_by_itself()
    {
        await using var vault = await Vault.StartAsync();
        var row = (await SaveAsync(vault))[0];
        var (tenant, connection, field) = ($"tenant:{row.Tenant}", $"connection:{row.Connection}", $"field:{Field}");
        var protection = vault.Get<IDataProtectionProvider>();

        // The envelope.
        var inner = protection.CreateProtector("Sous.Vault.v1", tenant, connection, field).Unprotect(CiphertextOf(row));
        foreach (var others in (string[][])[["tenant:x", connection, field], [tenant, "connection:x", field], [tenant, connection, "field:x"], []])
        {
            Assert.ThrowsAny<CryptographicException>(() => protection.CreateProtector("Sous.Vault.v1", others).Unprotect(CiphertextOf(row)));
        }

        // The data key's.
        var cipher = (await vault.Get<TenantKeys>().GetAsync(row.Tenant, Token)).Newest.Credentials;
        var place = new CredentialField(row.Tenant, row.Connection, Field);
        Assert.NotEmpty(cipher.Open(inner, place.AssociatedData()));
        foreach (var other in (CredentialField[])[place with { Tenant = new("x") }, place with { Owner = "x" }, place with { Name = "x" }])
        {
            Assert.Throws<AuthenticationTagMismatchException>(() => cipher.Open(inner, other.AssociatedData()));
        }
    }

    private static Dictionary<string, string> Only(string stored) => new() { [Field] = stored };

    private static byte[] CiphertextOf(Credential row) => WebEncoders.Base64UrlDecode(row.Protected[Field].Split('.')[1]);

    private static async Task<List<Credential>> SaveAsync(Vault vault)
    {
        var rows = await Task.WhenAll(Enumerable.Range(0, Rows).Select(number => vault.Store.SaveAsync(
            new CredentialMaterial
            {
                Connection = new ConnectionId(string.Create(CultureInfo.InvariantCulture, $"con_{number}")),
                Tenant = new TenantId(string.Create(CultureInfo.InvariantCulture, $"tenant-{number % Tenants}")),
                Secrets = new CredentialSecrets { ApiKey = new Secret(string.Create(CultureInfo.InvariantCulture, $"SOUSCANARY-con_{number}")) },
                ObtainedAt = new DateTimeOffset(2026, 3, 1, 0, 0, 0, TimeSpan.Zero),
            },
            0,
            Token)));
        return [.. rows];
    }

    private static async Task RefusedAsync(Vault vault, Credential altered) =>
        await Assert.ThrowsAsync<CredentialException>(async () => await vault.Store.RevealAsync(altered, Token));
}
