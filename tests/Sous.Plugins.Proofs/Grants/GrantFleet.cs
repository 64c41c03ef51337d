using System.Globalization;
using System.Text.Json.Nodes;
using Microsoft.Extensions.Logging.Abstractions;
using Sous.Plugins.Host.Cli;
using Sous.Plugins.Host.Credentials;
using Sous.Plugins.Host.Storage;
using Sous.Plugins.Host.Storage.LiteDb;
using Sous.Plugins.Proofs.Processes;

namespace Sous.Plugins.Proofs.Grants;

/// <summary>Connections of accounts at the rotating service: which answers of the service never reached the disk, and how each connection stands.</summary>
internal sealed class GrantFleet(RotatingFolder folder)
{
    private const string Tenant = "api/v1/tenants/t1";

    // Answers that are known to be lost, by account: the service has given so many more than were stored.
    private readonly Dictionary<string, long> _lost = [];
    private readonly Dictionary<string, string> _connections = [];

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    /// <summary>Accounts with an answer that was lost, and the connection not seen to be well or flagged since.</summary>
    public HashSet<string> Open { get; } = [];

    /// <summary>The connections' ids.</summary>
    public IReadOnlyCollection<string> Connections => _connections.Values;

    public async Task ConnectAsync(HostClient platform, int count)
    {
        await platform.PostAsync("api/v1/tenants", new JsonObject { ["id"] = "t1" }, Token);
        for (var i = 0; i < count; i++)
        {
            var account = folder.Service.Account = string.Create(CultureInfo.InvariantCulture, $"account-{i}");
            var connection = await RotatingFolder.ConsentAsync(platform, Tenant, "connect-sessions", new JsonObject { ["driver"] = RotatingFolder.Driver }, Token);
            _connections[account] = (string)connection["id"]!;
            _lost[account] = 0;
        }
    }

    /// <summary>Compares what the service gave with what a killed host's registry holds.</summary>
    /// <returns>How many answers were lost since the last time.</returns>
    public async Task<int> CountLostAsync()
    {
        var copy = Directory.CreateTempSubdirectory("sous-registry-").FullName;
        foreach (var file in Directory.EnumerateFiles(folder.Data, "registry*"))
        {
            File.Copy(file, Path.Combine(copy, Path.GetFileName(file)));
        }

        var lost = 0;
        using (var data = DataFolder.Open(copy))
        {
            await using var registry = LiteDbRegistry.Open(data, NullLogger<LiteDbRegistry>.Instance);
            foreach (var (account, connection) in _connections)
            {
                var stored = (await registry.FindAsync(CredentialVersion.Collection, connection, Token))!.Version;
                var gap = folder.Service.Tokens.GrantsOf(account) - stored;
                Assert.True(gap >= _lost[account], $"{account}: {stored} stored, {gap} fewer than were given, but {_lost[account]} had been lost before.");
                lost += gap > _lost[account] ? 1 : 0;
                if (gap > _lost[account])
                {
                    Open.Add(account);
                }

                _lost[account] = gap;
            }
        }

        Directory.Delete(copy, recursive: true);
        return lost;
    }

    /// <summary>Waits until each connection works, or says that its owner must act, and why: none may be dead in silence.</summary>
    /// <returns>The accounts whose owners must act.</returns>
    public async Task<IReadOnlyList<string>> SettleAsync(HostClient platform)
    {
        var accounts = _connections.Keys.ToList();
        var well = await Task.WhenAll(accounts.Select(account => IsWellAsync(platform, _connections[account])));
        Open.Clear();
        return [.. accounts.Where((_, i) => !well[i])];
    }

    /// <summary>The owner consents again; afterwards the connection works.</summary>
    public async Task ReconnectAsync(HostClient platform, string account)
    {
        folder.Service.Account = account;
        await RotatingFolder.ConsentAsync(platform, Tenant, $"connections/{_connections[account]}/reconnect", [], Token);
        Assert.True(await IsWellAsync(platform, _connections[account]), $"{account} does not work after its owner reconnected.");
    }

    private static async Task<bool> IsWellAsync(HostClient platform, string connection)
    {
        using var deadline = new CancellationTokenSource(TimeSpan.FromMinutes(2));
        while (true)
        {
            var probe = await platform.PostAsync($"{Tenant}/connections/{connection}/probe", null, Token);
            if ((bool)probe["ok"]!)
            {
                return true;
            }

            var view = await platform.GetAsync($"{Tenant}/connections/{connection}", Token);
            if ((string?)view["status"] == "needs_reconnect")
            {
                Assert.Contains("The host was stopped while a refresh was under way", (string?)view["cause"], StringComparison.Ordinal);
                return false;
            }

            Assert.False(deadline.IsCancellationRequested, $"Neither well nor flagged: {probe} {view}");
            await Task.Delay(50, Token);
        }
    }
}
