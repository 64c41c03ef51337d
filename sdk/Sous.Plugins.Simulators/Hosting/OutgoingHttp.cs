namespace Sous.Plugins.Simulators.Hosting;

/// <summary>How simulated services call back: to the address that they were given and nowhere else, by no proxy and no redirect.</summary>
internal static class OutgoingHttp
{
    public static HttpClient Create() => new(new SocketsHttpHandler { UseProxy = false, AllowAutoRedirect = false }) { Timeout = TimeSpan.FromSeconds(10) };
}
