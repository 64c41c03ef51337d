namespace Sous.Plugins.Simulators.Drive.Api;

/// <summary>A refusal of the token endpoint, in OAuth's own words.</summary>
internal sealed class GoogleTokenFault(int status, string error, string description) : Exception(description)
{
    public int Status => status;

    public string Error => error;

    public static GoogleTokenFault InvalidGrant(string description) => new(400, "invalid_grant", description);

    public static GoogleTokenFault InvalidRequest(string description) => new(400, "invalid_request", description);
}
