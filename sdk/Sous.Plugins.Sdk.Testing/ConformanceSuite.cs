using System.Security.Cryptography;
using Sous.Plugins.Sdk.Testing.Bench;
using Sous.Plugins.Sdk.Testing.Loading;
using Sous.Plugins.Sdk.Testing.Rules;

namespace Sous.Plugins.Sdk.Testing;

/// <summary>
/// Puts one driver to the test, for any test runner; with xUnit inherit from <see cref="DriverConformance"/>. The service is started
/// with the first rule that needs it and ended with the suite. Each rule is proved once; calls from several threads wait for each other.
/// </summary>
/// <param name="driverFolder">The driver's folder as it is deployed: driver.json, its DLL and what it brings along, without the SDK.</param>
/// <param name="startService">Starts the service.</param>
public sealed class ConformanceSuite(string driverFolder, Func<CancellationToken, ValueTask<SampleService>> startService) : IAsyncDisposable
{
    private readonly SemaphoreSlim _turn = new(1);
    private readonly Dictionary<string, RuleResult> _results = new(StringComparer.Ordinal);
    private LoadedDriver? _driver;
    private Exception? _failure;
    private Workbench? _bench;
    private string? _notMade;

    /// <summary>Every rule, in the order of the grades.</summary>
    public static IReadOnlyList<ConformanceRule> Rules { get; } = [.. RuleCheck.All.Select(check => check.Rule)];

    /// <summary>Proves one rule, or tells what its proof gave before.</summary>
    /// <param name="ruleId">The rule's id.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="ArgumentException">There is no such rule.</exception>
    public async Task<RuleResult> CheckAsync(string ruleId, CancellationToken cancellationToken)
    {
        var check = RuleCheck.All.FirstOrDefault(check => check.Rule.Id == ruleId) ?? throw new ArgumentException($"There is no rule \"{ruleId}\".", nameof(ruleId));
        await _turn.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            return _results.TryGetValue(ruleId, out var known) ? known : _results[ruleId] = await ProveAsync(check, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <summary>Proves every rule and makes out the card.</summary>
    /// <param name="cancellationToken">Gives up.</param>
    public async Task<ConformanceCard> GradeAsync(CancellationToken cancellationToken)
    {
        var results = new List<RuleResult>();
        foreach (var rule in Rules)
        {
            results.Add(await CheckAsync(rule.Id, cancellationToken).ConfigureAwait(false));
        }

        var sha256 = _driver is { } driver ? Convert.ToHexStringLower(SHA256.HashData(await File.ReadAllBytesAsync(driver.AssemblyPath, cancellationToken).ConfigureAwait(false))) : null;
        return new ConformanceCard
        {
            Driver = _driver?.Manifest.Id ?? Path.GetFileName(driverFolder),
            Version = _driver?.Manifest.Version ?? "",
            Contract = _driver?.Manifest.Contract ?? "",
            AssemblySha256 = sha256,
            At = TimeProvider.System.GetUtcNow(),
            Grade = ConformanceCard.GradeOf(results),
            Rules = results,
        };
    }

    /// <summary>Ends the service.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_bench is { } bench)
        {
            await bench.DisposeAsync().ConfigureAwait(false);
        }

        _turn.Dispose();
    }

    private async Task<RuleResult> ProveAsync(RuleCheck check, CancellationToken cancellationToken)
    {
        Load();
        if (check.Trial is not { } trial)
        {
            var read = new Findings([]);
            Read(check.Rule.Id, read);
            return read.ToResult(check.Rule);
        }

        if (_driver is null)
        {
            return new RuleResult(check.Rule, RuleOutcome.NotRun, ["The driver does not load."]);
        }

        if (_notMade is null && _bench is null)
        {
            await PrepareAsync(_driver, cancellationToken).ConfigureAwait(false);
        }

        if (_bench is not { } bench)
        {
            return new RuleResult(check.Rule, check.Rule.Id == "construction" ? RuleOutcome.Broken : RuleOutcome.NotRun, [_notMade ?? ""]);
        }

        var findings = new Findings(bench.Secrets);
        await trial(bench, findings, cancellationToken).ConfigureAwait(false);
        return findings.ToResult(check.Rule);
    }

    private async Task PrepareAsync(LoadedDriver driver, CancellationToken cancellationToken)
    {
        var service = await startService(cancellationToken).ConfigureAwait(false);
        try
        {
            _bench = await Workbench.PrepareAsync(driver, service, cancellationToken).ConfigureAwait(false);
        }
        catch (NotMadeException e)
        {
            _notMade = e.Message;
        }
    }

    private void Read(string ruleId, Findings findings)
    {
        if (ruleId == "manifest")
        {
            ManifestRule.Check(driverFolder, findings);
        }
        else
        {
            LoadingRules.Load(driverFolder, _driver, _failure, findings);
        }
    }

    private void Load()
    {
        if (_driver is not null || _failure is not null)
        {
            return;
        }

        try
        {
            _driver = LoadedDriver.Load(driverFolder);
        }
        catch (Exception e)
        {
            _failure = e;
        }
    }
}
