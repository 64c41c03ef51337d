namespace Sous.Plugins.Simulators.Hosting;

/// <summary>Makes every secret a simulator hands out, marks it with the canary, and remembers it for leak tests.</summary>
internal sealed class SecretsLedger(int seed)
{
    public const string Canary = "SOUSCANARY";

    private readonly Lock _gate = new();
    private readonly List<string> _secrets = [];
    private int _made;

    public string Make(string prefix)
    {
        lock (_gate)
        {
            var secret = $"{prefix}{Canary}{Dice.For(seed, 900, _made++).Text(40)}";
            _secrets.Add(secret);
            return secret;
        }
    }

    public string Remember(string secret)
    {
        lock (_gate)
        {
            if (!_secrets.Contains(secret))
            {
                _secrets.Add(secret);
            }

            return secret;
        }
    }

    public IReadOnlyList<string> All()
    {
        lock (_gate)
        {
            return [.. _secrets];
        }
    }
}
