using System.Reflection;
using System.Security.Cryptography;
using System.Xml;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.DataProtection.KeyManagement;
using Sous.Plugins.Host.Migrations;
using Sous.Plugins.Host.Storage;

namespace Sous.Plugins.Host.Credentials;

/// <summary>
/// Stands before any protector exists and before anything is written. DataProtection left alone makes a new key when it
/// cannot read the old ones, and runs; then every stored credential is lost without a word.
/// </summary>
internal sealed class BootGate(VaultState vault, TimeProvider clock, RingDemand demand = RingDemand.ValidKey)
{
    private static readonly Version Floor = new(10, 0, 12);
    private static readonly TimeSpan WarnBefore = TimeSpan.FromDays(14);

    /// <exception cref="BootGateException">The start is forbidden.</exception>
    /// <exception cref="StorageException">The registry is damaged.</exception>
    public static BootReport Check(DataFolder folder, IConfiguration configuration, TimeProvider clock, RingDemand demand = RingDemand.ValidKey)
    {
        RefuseOldAssembly(LoadedVersion());
        FolderMarks.Refuse(folder);
        return Open(VaultState.Of(folder), folder, configuration, clock, demand);
    }

    /// <summary>What of it concerns the keys, of stores that are to be moved.</summary>
    /// <exception cref="BootGateException">They do not fit.</exception>
    public static BootReport CheckKeys(VaultState vault, DataFolder folder, IConfiguration configuration, TimeProvider clock)
    {
        RefuseOldAssembly(LoadedVersion());
        return Open(vault, folder, configuration, clock, RingDemand.ReadableKeys);
    }

    /// <summary>The same of stores that several hosts share.</summary>
    /// <exception cref="BootGateException">The start is forbidden.</exception>
    public static async Task<BootReport> CheckAsync(SharedStores stores, DataFolder folder, IConfiguration configuration, TimeProvider clock, CancellationToken cancellationToken)
    {
        RefuseShared(folder, configuration);
        if (new FolderMarks(folder).Moved is { } moved && moved.Feed != stores.Feed)
        {
            throw new BootGateException($"{moved.Explain($"the data folder {folder.Path}")} SOUS_{ClusterAssembly.Setting} names {stores.Where}, which holds something else: set it to the other, or name another folder with --data.");
        }

        return Open(await VaultState.OfAsync(stores, cancellationToken), folder, configuration, clock, RingDemand.ValidKey);
    }

    /// <summary>As much of it as can be told without asking the database.</summary>
    /// <exception cref="BootGateException">The start is forbidden.</exception>
    public static void RefuseShared(DataFolder folder, IConfiguration configuration)
    {
        RefuseOldAssembly(LoadedVersion());
        if (File.Exists(folder.RegistryFile) && new FolderMarks(folder).Moved is null)
        {
            throw new BootGateException(
                $"SOUS_{ClusterAssembly.Setting} is set, and the data folder {folder.Path} holds stores of its own, which would be left behind: move them there with sous-plugins migrate --to postgres, or name another folder with --data.");
        }

        // One that is generated lies in the data folder of one host, and the next could not read what is encrypted under it.
        if (string.IsNullOrEmpty(configuration["MasterKeyFile"]) && string.IsNullOrEmpty(configuration["MasterKey"]))
        {
            throw new BootGateException($"SOUS_{ClusterAssembly.Setting} is set, and neither SOUS_MasterKeyFile nor SOUS_MasterKey: hosts that share a database share a master key.");
        }

        _ = MasterKey.Find(configuration, folder, null);
    }

    private static BootReport Open(VaultState vault, DataFolder folder, IConfiguration configuration, TimeProvider clock, RingDemand demand)
    {
        var key = MasterKey.Find(configuration, folder, vault.Kid);
        if (key is null)
        {
            key = vault.Fresh
                ? new GeneratedKeyFile(folder).Make()
                : throw new BootGateException(
                    $"The master key is missing: {vault.Where} was written under one, and neither SOUS_MasterKeyFile nor SOUS_MasterKey is set.");
        }

        return new BootReport(key, new BootGate(vault, clock, demand).Judge(key));
    }

    /// <summary>The version that counts is the informational one: the file version writes 10.0.12 as 10.0.1226, more than any patch.</summary>
    public static void RefuseOldAssembly(string? informationalVersion)
    {
        var text = informationalVersion?.Split('+', '-')[0];
        if (!Version.TryParse(text, out var version) || version < Floor)
        {
            throw new BootGateException($"Microsoft.AspNetCore.DataProtection {text} is loaded, which lets protected data be forged (CVE-2026-40372): install ASP.NET Core {Floor} or later.");
        }
    }

    /// <returns>Warnings.</returns>
    public IReadOnlyList<string> Judge(MasterKey master)
    {
        var warnings = new List<string>();
        if (master.Source == MasterKeySource.Generated)
        {
            warnings.Add($"The master key was generated and lies in the data folder ({master.Origin}): good for loopback only.");
        }

        if (vault.Fresh)
        {
            return warnings;
        }

        if (vault.Ring.Count == 0)
        {
            throw new BootGateException($"The key ring is missing from {vault.Where}: nothing stored there could be decrypted; restore a backup.");
        }

        RefuseOtherMasterKey(master);
        using var services = VaultServices.InMemory(vault.Ring, master, clock, out _);
        var keys = Keys(services);
        var current = RingKeys.DefaultAt(clock.GetUtcNow(), keys);
        if (current is null && demand == RingDemand.ReadableKeys)
        {
            // In memory alone: without a valid key DataProtection does not even decrypt.
            current = services.GetRequiredService<IKeyManager>().CreateNewKey(clock.GetUtcNow(), clock.GetUtcNow() + KeyRotation.Lifetime);
        }

        if (current is null)
        {
            var end = keys.Max(k => k.ExpirationDate);
            throw new BootGateException(
                $"The key ring in {vault.Where} has no key that is valid now; the last one ends {end:yyyy-MM-dd}. Check the clock, or make a new key with: sous-plugins secrets rotate-data");
        }

        RefuseBrokenCanary(services);
        RefuseOtherCredentials(services);
        var left = current.ExpirationDate - clock.GetUtcNow();
        if (left <= WarnBefore && !KeyRotation.HasSuccessor(current, keys))
        {
            warnings.Add($"The ring's default key ends on {current.ExpirationDate:yyyy-MM-dd} and has no successor yet.");
        }

        return warnings;
    }

    private static string? LoadedVersion() =>
        typeof(XmlKeyManager).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion;

    private void RefuseOtherMasterKey(MasterKey master)
    {
        foreach (var entry in vault.Ring)
        {
            try
            {
                if (RingWrapper.KidsOf(entry).FirstOrDefault(kid => kid != master.Id) is { } other)
                {
                    throw new BootGateException(
                        $"The key ring in {vault.Where} was wrapped by master key {other}; the one in {master.Origin} is {master.Id}.");
                }
            }
            catch (XmlException e)
            {
                throw Unreadable(entry.Id, e);
            }
        }
    }

    private IReadOnlyCollection<IKey> Keys(IServiceProvider services)
    {
        IReadOnlyCollection<IKey> keys;
        try
        {
            keys = services.GetRequiredService<IKeyManager>().GetAllKeys();
        }
        catch (Exception e)
        {
            throw new BootGateException($"The key ring in {vault.Where} cannot be read: it has been altered; restore a backup.", e);
        }

        // A key that cannot be parsed is passed over there in silence.
        var missing = vault.Ring.Where(e => e.Xml.StartsWith("<key ", StringComparison.Ordinal))
            .FirstOrDefault(e => !keys.Any(k => e.Xml.Contains(k.KeyId.ToString(), StringComparison.OrdinalIgnoreCase)));
        if (missing is not null)
        {
            throw Unreadable(missing.Id, null);
        }

        foreach (var key in keys)
        {
            try
            {
                _ = key.CreateEncryptor() ?? throw new CryptographicException("Its algorithm is unknown.");
            }
            catch (Exception e)
            {
                throw Unreadable($"{key.KeyId}", e);
            }
        }

        return keys;
    }

    private void RefuseBrokenCanary(IServiceProvider services)
    {
        try
        {
            var text = vault.Canary is { } canary ? VaultServices.CanaryProtector(services.GetRequiredService<IDataProtectionProvider>()).Unprotect(canary.Protected) : null;
            if (text == Canary.Text)
            {
                return;
            }
        }
        catch (CryptographicException e)
        {
            throw new BootGateException($"The canary in {vault.Where} does not decrypt: its keys are not the ones that its secrets were written with.", e);
        }

        throw new BootGateException($"The canary in {vault.Where} is missing: the registry has been altered; restore a backup.");
    }

    private void RefuseOtherCredentials(IServiceProvider services)
    {
        var keeper = new TallyKeeper(services.GetRequiredService<IDataProtectionProvider>());
        try
        {
            if (vault.Tally is { } tally && keeper.Fits(tally, vault.Versions))
            {
                return;
            }
        }
        catch (CryptographicException e)
        {
            throw OtherCredentials(e);
        }

        throw OtherCredentials(null);
    }

    private BootGateException OtherCredentials(Exception? inner) =>
        new($"The credentials in {vault.Where} are not those that were last written: some were put back from earlier, taken away or altered; restore a backup.", inner);

    private BootGateException Unreadable(string key, Exception? inner) =>
        new($"Ring key {key} in {vault.Where} cannot be decrypted: it has been altered; restore a backup.", inner);
}
