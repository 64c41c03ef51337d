using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Sous.Plugins.Host.Access;
using Sous.Plugins.Host.Changes;
using Sous.Plugins.Host.Connections;
using Sous.Plugins.Host.Credentials;
using Sous.Plugins.Host.Credentials.Rotation;
using Sous.Plugins.Host.Storage;
using Sous.Plugins.Host.Syncing;
using Sous.Plugins.Sdk;

namespace Sous.Plugins.Proofs.Keys;

/// <summary>A data folder's secrets, opened in this process while no host runs: to fill a folder, and to look whether all of it can be read.</summary>
internal sealed class OpenVault : IAsyncDisposable
{
    private const int Tenants = 7;
    private const int Page = 500;

    private readonly DataFolder _folder;
    private readonly ServiceProvider _services;

    private OpenVault(DataFolder folder, ServiceProvider services) => (_folder, _services) = (folder, services);

    public IRegistry Registry => Get<IRegistry>();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    /// <param name="masterKeyFile">Null for the one that is generated in the folder.</param>
    /// <exception cref="BootGateException">The folder asks for another key.</exception>
    public static async Task<OpenVault> OpenAsync(string data, string? masterKeyFile, TimeProvider? clock = null)
    {
        clock ??= TimeProvider.System;
        var folder = DataFolder.Open(data);
        try
        {
            var configuration = new ConfigurationBuilder().AddInMemoryCollection([new("MasterKeyFile", masterKeyFile)]).Build();
            var report = BootGate.Check(folder, configuration, clock);
            var services = new ServiceCollection().AddLogging().AddSingleton(clock).AddStorage(folder).AddChanges().AddCredentials(report.MasterKey).AddSecretRotation()
                .AddSingleton<HostKey>().AddSingleton<KeyStore>().BuildServiceProvider();
            await services.GetRequiredService<VaultSetup>().InitialiseAsync(Token);
            return new OpenVault(folder, services);
        }
        catch
        {
            folder.Dispose();
            throw;
        }
    }

    public T Get<T>()
        where T : notnull => _services.GetRequiredService<T>();

    public IEnumerable<T> All<T>() => _services.GetServices<T>();

    /// <summary>So many credentials of two fields each, and as many records with a Raw.</summary>
    public async Task FillAsync(int credentials, int raws)
    {
        foreach (var slice in Enumerable.Range(0, credentials).Chunk(2_000))
        {
            await Task.WhenAll(slice.Select(number => Get<CredentialStore>().SaveAsync(Material(number), 0, Token)));
        }

        for (var tenant = 0; tenant < Tenants && raws > 0; tenant++)
        {
            await FillRawsAsync(tenant, raws / Tenants);
        }
    }

    /// <exception cref="CredentialException">It cannot be read.</exception>
    public async Task CheckAsync(int number)
    {
        var store = Get<CredentialStore>();
        var credential = await store.FindAsync(Connection(number), Token) ?? throw new InvalidOperationException($"Credential {number} is gone.");
        var secrets = await store.RevealAsync(credential, Token);
        var wanted = Material(number).Secrets;
        Assert.Equal((wanted.AccessToken?.Reveal(), wanted.RefreshToken?.Reveal()), (secrets.AccessToken?.Reveal(), secrets.RefreshToken?.Reveal()));
    }

    /// <returns>How many Raws the change store holds; one that cannot be read throws.</returns>
    public async Task<int> CheckRawsAsync(string data)
    {
        var count = 0;
        await using var file = new SqliteConnection($"Data Source={Path.Combine(data, "changes.db")};Mode=ReadOnly;Pooling=False");
        await file.OpenAsync(Token);
        await using var command = file.CreateCommand();
        command.CommandText = """
            SELECT t.id, n.id, c.id, r.raw FROM raws r JOIN changes c USING (position) JOIN connections n ON n.no = c.connection JOIN tenants t ON t.no = n.tenant
            """;
        await using var rows = await command.ExecuteReaderAsync(Token);
        for (; await rows.ReadAsync(Token); count++)
        {
            var cipher = await Get<RawProtector>().ForReadingAsync(new TenantId(rows.GetString(0)), new ConnectionId(rows.GetString(1)), Token);
            Assert.Equal($"raw of {rows.GetString(2)}", Encoding.UTF8.GetString(RawRecord.Read(rows.GetFieldValue<byte[]>(3), cipher, StreamName.Sales, rows.GetString(2))));
        }

        return count;
    }

    public async ValueTask DisposeAsync()
    {
        await _services.DisposeAsync();
        _folder.Dispose();
    }

    private static ConnectionId Connection(int number) => new(string.Create(CultureInfo.InvariantCulture, $"con_{number}"));

    private static TenantId Tenant(int number) => new(string.Create(CultureInfo.InvariantCulture, $"tenant-{number % Tenants}"));

    private static CredentialMaterial Material(int number) => new()
    {
        Connection = Connection(number),
        Tenant = Tenant(number),
        Secrets = new CredentialSecrets { AccessToken = new Secret($"SOUSCANARY-access-{number}"), RefreshToken = new Secret($"SOUSCANARY-refresh-{number}") },
        ObtainedAt = new DateTimeOffset(2026, 3, 1, 0, 0, 0, TimeSpan.Zero),
    };

    private async Task FillRawsAsync(int tenant, int raws)
    {
        var store = Get<IChangeStore>();
        var now = TimeProvider.System.GetUtcNow();
        var run = await store.BeginRunAsync(
            new SyncRun
            {
                Id = $"run_{tenant}",
                Tenant = Tenant(tenant),
                Connection = Connection(tenant),
                Stream = StreamName.Sales,
                Trigger = "request",
                Outcome = SyncOutcome.Running,
                StartedAt = now,
            },
            Token);
        var cipher = await Get<RawProtector>().ForWritingAsync(run.Tenant, run.Connection, Token);
        foreach (var ids in Enumerable.Range(0, raws).Chunk(Page))
        {
            using var buffer = new PageBuffer(1 << 16);
            var changes = ids.Select(number => Record(number.ToString(CultureInfo.InvariantCulture), cipher, buffer)).ToList();
            await store.CommitAsync(
                new PageCommit { Tenant = run.Tenant, Scope = new Scope(run.Connection, run.Stream, null), Run = run.Id, Fence = run.Fence, Changes = changes, At = now }, Token);
        }

        await store.EndRunAsync(run with { Outcome = SyncOutcome.Completed, EndedAt = now }, [], Token);
    }

    private static RecordChange Record(string id, RawCipher cipher, PageBuffer buffer)
    {
        var start = buffer.Length;
        RawRecord.Write(buffer, Encoding.UTF8.GetBytes($"raw of {id}"), cipher, StreamName.Sales, id);
        return new RecordChange
        {
            Kind = ChangeKind.Upsert,
            Type = "sale",
            Id = id,
            Body = "{}"u8.ToArray(),
            Hash = RandomNumberGenerator.GetBytes(RecordEncoder.HashLength),
            Raw = buffer.Slice(start, buffer.Length - start).ToArray(),
        };
    }
}
