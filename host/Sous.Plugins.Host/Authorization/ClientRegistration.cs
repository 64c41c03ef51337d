using Sous.Plugins.Sdk;

namespace Sous.Plugins.Host.Authorization;

/// <summary>Who we are at a service.</summary>
internal sealed record ClientRegistration(string Id, Secret Secret, Uri? AuthUrl);
