namespace Sous.Plugins.Simulators.Lightspeed.Api;

/// <summary>An error answer of the token endpoint, as RFC 6749 has it.</summary>
internal sealed class LightspeedTokenFault(int status, string error, string description) : Exception(description)
{
    public int Status => status;

    public string Error => error;

    public static LightspeedTokenFault InvalidGrant(string description) => new(400, "invalid_grant", description);

    public static LightspeedTokenFault InvalidRequest(string description) => new(400, "invalid_request", description);
}
