using System.Globalization;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Hosting;
using Sous.Plugins.Host.Authorization;
using Sous.Plugins.Host.Changes;
using Sous.Plugins.Host.Connections;
using Sous.Plugins.Host.Credentials;
using Sous.Plugins.Host.Credentials.Rotation;
using Sous.Plugins.Host.Tests.Changes;
using Sous.Plugins.Host.Tests.Storage;
using Sous.Plugins.Sdk;

namespace Sous.Plugins.Host.Tests.Credentials.Rotation;

/// <summary>A vault with secrets of every kind, and what a rotation must leave of them.</summary>
internal static class RotatingVault
{
    public const string Mapped = "L1";
    public const string Unmapped = "L2";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public static TenantId Tenant(int number) => new(string.Create(CultureInfo.InvariantCulture, $"tenant-{number}"));

    public static ConnectionId Connection(int number) => new(string.Create(CultureInfo.InvariantCulture, $"con_{number}"));

    /// <summary>Two fields in each, the tenants in turn.</summary>
    public static Task SaveAsync(Vault vault, int credentials, int tenants) => Task.WhenAll(Enumerable.Range(0, credentials).Select(number =>
        vault.Store.SaveAsync(Material(number, tenants, "1"), 0, Token)));

    public static CredentialMaterial Material(int number, int tenants, string text) => new()
    {
        Connection = Connection(number),
        Tenant = Tenant(number % tenants),
        Secrets = new CredentialSecrets { AccessToken = new Secret($"SOUSCANARY-{number}-{text}"), RefreshToken = new Secret($"SOUSCANARY-refresh-{number}-{text}") },
        ObtainedAt = Sales.Noon,
    };

    public static async Task<string?> ReadAsync(Vault vault, int number)
    {
        var credential = await vault.Store.FindAsync(Connection(number), Token);
        return (await vault.Store.RevealAsync(credential!, Token)).AccessToken?.Reveal();
    }

    /// <summary>Ends when the rotation that was asked for has.</summary>
    public static async Task<DataRotation> RotateAsync(Vault vault)
    {
        await vault.Get<DataRotations>().StartAsync("key-1", Token);
        return await FinishAsync(vault);
    }

    public static async Task<DataRotation> FinishAsync(Vault vault)
    {
        await using var worker = new RunningWorker(vault.All<IHostedService>().OfType<DataRotationWorker>().Single());
        while (true)
        {
            if (await vault.Get<DataRotations>().FindAsync(Token) is { FinishedAt: not null } finished)
            {
                return finished;
            }

            await Task.Delay(5, Token);
        }
    }

    public static async Task<SyncRunPages> BeginRunAsync(Vault vault, int connection, int tenants) => new(
        vault,
        await vault.Get<IChangeStore>().BeginRunAsync(StoreUnderTest.NewRun(Tenant(connection % tenants), Connection(connection)), Token));

    /// <summary>The Raws in the change store's file, decrypted by this vault, in no order; a Raw that does not decrypt throws.</summary>
    public static async Task<List<(int DataKey, string Text)>> RawsAsync(Vault vault, TemporaryFolder folder)
    {
        const string All = """
            SELECT t.id, n.id, c.id, r.raw FROM raws r JOIN changes c USING (position) JOIN connections n ON n.no = c.connection JOIN tenants t ON t.no = n.tenant
            UNION ALL
            SELECT t.id, n.id, r.id, h.raw FROM held h JOIN records r ON r.held = h.no JOIN connections n ON n.no = r.connection JOIN tenants t ON t.no = n.tenant
            """;
        var raws = new List<(int, string)>();
        await using var file = new SqliteConnection($"Data Source={folder.File("changes.db")};Mode=ReadOnly;Pooling=False");
        await file.OpenAsync(Token);
        await using var command = file.CreateCommand();
        command.CommandText = All;
        await using var rows = await command.ExecuteReaderAsync(Token);
        while (await rows.ReadAsync(Token))
        {
            var cipher = await vault.Get<RawProtector>().ForReadingAsync(new TenantId(rows.GetString(0)), new ConnectionId(rows.GetString(1)), Token);
            var stored = rows.GetFieldValue<byte[]>(3);
            raws.Add((RawCipher.NumberOf(stored), System.Text.Encoding.UTF8.GetString(RawRecord.Read(stored, cipher, StreamName.Sales, rows.GetString(2)))));
        }

        return raws;
    }

    /// <summary>The ring keys that anything but Raws and old data keys is under: credentials, newest data keys, host secrets, canary.</summary>
    public static async Task<IReadOnlySet<Guid?>> RingKeysInUseAsync(Vault vault)
    {
        var registry = vault.Registry;
        var payloads = (await registry.ListAsync(Credential.Collection, "", Token)).SelectMany(credential => credential.Protected.Values).Select(field => field.Split('.')[1])
            .Concat((await registry.ListAsync(HostSecret.Collection, "", Token)).Select(secret => secret.Protected))
            .Append((await registry.FindAsync(Canary.Collection, Canary.Key, Token))!.Protected)
            .Select(WebEncoders.Base64UrlDecode)
            .Concat((await registry.ListAsync(TenantKey.Collection, "", Token)).Select(tenant => WebEncoders.Base64UrlDecode(tenant.Newest.Wrapped)));
        return payloads.Select(payload => ProtectedPayload.KeyOf(payload)).ToHashSet();
    }

    private sealed class RunningWorker : IAsyncDisposable
    {
        private readonly DataRotationWorker _worker;

        public RunningWorker(DataRotationWorker worker)
        {
            _worker = worker;
            _ = worker.StartAsync(Token);
        }

        public async ValueTask DisposeAsync() => await _worker.StopAsync(CancellationToken.None);
    }
}
