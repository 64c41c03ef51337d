namespace Sous.Plugins.Host.Live.Proxy;

/// <summary>Whose words an answer is made of: on a route that its answers may be the service's, on a request that this one's is.</summary>
internal sealed class PassedOn
{
    public static readonly PassedOn Route = new();

    /// <summary>Of an answer that is the service's; its value is <see cref="Service"/>.</summary>
    public const string Header = "Sous-Answered-By";

    public const string Service = "service";
}
